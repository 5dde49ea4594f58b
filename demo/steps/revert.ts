import { clusterNames } from '../clusters.ts';
import { describeApplication, isLive, readApplications, readPaymentsImage, shortId } from '../fleet-view.ts';
import { hasTag } from '../pinned-image.ts';
import type { Evidence, Story } from '../step.ts';
import { seconds, waitFor } from '../wait-for.ts';
import { refusedName } from './refusal.ts';

/** Takes back the image and the refused application, in one push. */
export async function revert(story: Story): Promise<Evidence> {
  const { world, commits } = story;
  const image = commits.get('image') ?? '';
  const refused = commits.get('refused') ?? '';
  const { commit: head, at } = await world.repository.revert(refused, image);
  const arrivals = await Promise.all(
    clusterNames.map(async (name) => {
      const path = `apps/payments/overlays/${name}/kustomization.yaml`;
      const tag = /newTag: (\S+)/.exec(world.repository.read(path))?.[1] ?? '';
      const ms = await waitFor(story, `image ${tag} live on ${name}`, async () => {
        const live = await readPaymentsImage(world, name);
        return hasTag(live, tag) ? { done: performance.now() - at } : { seen: `${name} has ${live}` };
      });
      return { name, tag, ms };
    }),
  );
  await waitFor(story, `all applications Synced and well, without ${refusedName}`, async () => {
    const all = await readApplications(world);
    const waiting = all.filter((each) => !isLive(each));
    if (waiting.length === 0 && all.length > 0) return { done: true };
    return { seen: waiting.map(describeApplication).join(', ') };
  });
  const slowest = Math.max(...arrivals.map((each) => each.ms));
  return {
    seen: `push to live on all three ${seconds(slowest)}`,
    lines: [
      `commit ${shortId(head)} reverts ${shortId(image)} and ${shortId(refused)}`,
      ...arrivals.map(
        ({ name, tag, ms }) => `${name.padEnd(8)} :${tag} again, ${seconds(ms)} after the push`,
      ),
    ],
  };
}
