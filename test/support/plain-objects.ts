import type { KubeObject } from '../../core/kube-object.ts';

/** A Deployment of one container in namespace `default`; `spec` is what a test says besides. */
export function deployment(name: string, spec: object = { replicas: 2 }): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'default' },
    spec: {
      ...spec,
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { containers: [{ name: 'web', image: 'nginx:1.27' }] },
      },
    },
  };
}
