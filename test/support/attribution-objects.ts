import type { JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { customDefinition } from './custom-definition.ts';

/** What Git says of each kind in the scenarios of attribution. */
export function wanted(kind: string, name: string): KubeObject {
  const metadata = { name, namespace: 'default' };
  const labels = { team: 'a', app: name };
  switch (kind) {
    case 'ConfigMap':
      return {
        apiVersion: 'v1',
        kind,
        metadata: { ...metadata, labels, annotations: { note: 'git' } },
        data: { a: '1', b: '2' },
      };
    case 'Secret':
      return { apiVersion: 'v1', kind, metadata, data: { password: 'Z2l0' } };
    case 'Service':
      return {
        apiVersion: 'v1',
        kind,
        metadata,
        spec: { selector: { app: name, tier: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 8080 }] },
      };
    case 'Guarded':
      return {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { ...metadata, finalizers: ['test.example/a'] },
      };
    case 'Gadget':
      return {
        apiVersion: 'test.example/v1',
        kind,
        metadata,
        spec: { size: 1, modes: ['slow', 'safe'], options: { colour: 'red' } },
      };
    default:
      return {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { ...metadata, labels, annotations: { note: 'git' } },
        spec: {
          replicas: 2,
          selector: { matchLabels: { app: name } },
          template: {
            metadata: { labels: { app: name } },
            spec: {
              containers: [
                {
                  name: 'web',
                  image: 'nginx:1.27',
                  args: ['serve'],
                  env: [
                    { name: 'A', value: '1' },
                    { name: 'B', value: '2' },
                  ],
                },
              ],
            },
          },
        },
      };
  }
}

/** A kind whose lists have no keys, and which has `status` and `scale`. */
export function gadgetDefinition(): KubeObject {
  const definition = customDefinition('Gadget');
  const { versions, ...spec } = definition['spec'] as unknown as { versions: readonly JsonObject[] };
  const scale = { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' };
  const subresources = { status: {}, scale };
  return {
    ...definition,
    spec: { ...spec, versions: versions.map((version) => ({ ...version, subresources })) },
  };
}
