import { describeDrift } from '../describe-drift.ts';
import { editPaymentsImage, listDrifts, readPaymentsImage } from '../fleet-view.ts';
import type { Evidence, Story } from '../step.ts';
import { StepFailure, seconds, waitFor } from '../wait-for.ts';

/** What somebody types in by hand: an older version. */
export const editedImage = 'ghcr.io/stefanprodan/podinfo:6.7.0';

/** Staging runs in mode heal. */
export async function driftHealed(story: Story): Promise<Evidence> {
  const { world } = story;
  const desired = await readPaymentsImage(world, 'staging');
  const known = new Set((await listDrifts(world, 'payments-staging')).map((entry) => entry.drift.id));
  const start = performance.now();
  await editPaymentsImage(world, 'staging', editedImage);
  const healedMs = await waitFor(story, `${desired} back in staging`, async () => {
    const image = await readPaymentsImage(world, 'staging');
    return image === desired ? { done: performance.now() - start } : { seen: `staging has ${image}` };
  });
  const entry = await waitFor(story, 'a drift of payments-staging, closed as healed', async () => {
    const found = (await listDrifts(world, 'payments-staging')).find((each) => !known.has(each.drift.id));
    if (found?.state === 'closed') return { done: found };
    return { seen: found === undefined ? 'no drift is reported' : found.sentence };
  });
  if (entry.end !== 'healed') throw new StepFailure('a drift that was healed', entry.sentence);
  return {
    seen: `written by ${entry.drift.writer?.manager ?? 'an unknown writer'}, healed after ${seconds(healedMs)}`,
    lines: [
      ...describeDrift(entry),
      `  healed: ${desired} is live again ${seconds(healedMs)} after the edit`,
    ],
  };
}
