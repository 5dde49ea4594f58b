import { Editor, edits } from './edits.ts';
import { type Figure, figureOf } from './figures.ts';
import { HubView } from './hub-view.ts';
import { allSynced } from './hub-waits.ts';
import { prepareManyCluster } from './many-cluster.ts';
import { manyCatalog, manyKey } from './many-fleet.ts';
import { objectsOf } from './many-objects.ts';
import { measureChurn } from './status-churn.ts';
import { startWorld, type World } from './world.ts';

/** Of 25 objects each. */
const applications = 40;

/** What drift costs with 1,000 managed objects in mode sync: from an edit to its drift at the hub, and what watching takes. */
export async function measureDrift(say: (line: string) => void): Promise<readonly Figure[]> {
  say('drift: 1,000 objects of 20 kinds in 40 applications, in mode sync');
  const world = await startWorld({ files: (repoURL) => manyCatalog(repoURL, applications), log: say });
  try {
    await prepareManyCluster(world.cluster, ['fairlead']);
    const view = await HubView.open(world.hub);
    try {
      await world.agent.start('new');
      await allSynced(view, applications);
      return [await measureReported(world, view), await measureChurn(world, applications)];
    } finally {
      view.close();
    }
  } finally {
    await world.stop();
  }
}

/** One field of 200 objects, one after another; each stays as somebody edited it. */
async function measureReported(world: World, view: HubView): Promise<Figure> {
  const editor = await Editor.open(world.cluster);
  const samples: number[] = [];
  const limits: number[] = [];
  try {
    for (const edit of edits) {
      for (let index = 0; index < applications; index += 1) {
        const { namespace = '', name = '' } = objectsOf('fairlead', index, 1)[edit.object]?.metadata ?? {};
        const told = view.next(({ type, ...rest }) => type === 'drift' && isOf(rest, manyKey(index)));
        const start = performance.now();
        const [reported, seen] = await Promise.all([told, editor.edit(edit, namespace, name)]);
        samples.push(reported - start);
        limits.push(seen - start);
      }
    }
  } finally {
    await editor.close();
  }
  return figureOf('edit-reported', 'ms', samples, limits);
}

function isOf(event: object, application: string): boolean {
  return 'application' in event && event.application === application;
}
