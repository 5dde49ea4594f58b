import type { ControlPlane } from '../test/clusters/control-plane.ts';
import { KubeClient } from '../test/clusters/kube-client.ts';
import { waitUntil } from '../test/clusters/wait.ts';
import { customDefinition } from '../test/support/custom-definition.ts';
import { manyNamespaces, type Side } from './many-objects.ts';

/** Makes the namespaces of these sides and the custom kind, and waits until it is served. */
export async function prepareManyCluster(cluster: ControlPlane, sides: readonly Side[]): Promise<void> {
  const client = new KubeClient(cluster);
  try {
    for (const name of sides.flatMap(manyNamespaces)) {
      await client.apply({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
    }
    await client.apply(customDefinition('Gauge'));
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      name: 'gauges.test.example',
    };
    await waitUntil('the custom kind is served', () => isEstablished(client, definition), {
      limitMs: 60_000,
    });
  } finally {
    client.close();
  }
}

async function isEstablished(
  client: KubeClient,
  definition: Parameters<KubeClient['get']>[0],
): Promise<boolean> {
  const conditions = (await client.get(definition)).status?.conditions ?? [];
  return conditions.some(
    ({ type, status }: { type: string; status: string }) => type === 'Established' && status === 'True',
  );
}
