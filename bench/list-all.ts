import { openKube } from '../agent/kube/client.ts';
import { openConnection } from '../agent/kube/connection.ts';
import { partOfLabel } from '../core/tracking.ts';
import type { ControlPlane } from '../test/clusters/control-plane.ts';
import { objectsOf } from './many-objects.ts';

/** How long bare lists of all that is managed take, one of each kind, all at once, in seconds. */
export async function listSeconds({ server, caPem, token }: ControlPlane): Promise<number> {
  const kube = openKube(await openConnection({ type: 'explicit', server, caPem, token }));
  try {
    const { resources } = await kube.discover();
    const kinds = new Set(objectsOf('fairlead', 0, 1).map(({ apiVersion, kind }) => `${apiVersion} ${kind}`));
    const wanted = resources.filter(({ group, version, kind }) =>
      kinds.has(`${group === '' ? version : `${group}/${version}`} ${kind}`),
    );
    const start = performance.now();
    const lists = await Promise.all(
      wanted.map((resource) => kube.list(resource, { labelSelector: partOfLabel })),
    );
    const failed = lists.find((list) => list.type === 'failed');
    if (failed !== undefined) throw new Error(failed.failure.message);
    return (performance.now() - start) / 1000;
  } finally {
    await kube.close();
  }
}
