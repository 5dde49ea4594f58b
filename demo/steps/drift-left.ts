import { describeDrift } from '../describe-drift.ts';
import { editPaymentsImage, getApplication, listDrifts, readPaymentsImage } from '../fleet-view.ts';
import type { Evidence, Story } from '../step.ts';
import { StepFailure, seconds, waitFor } from '../wait-for.ts';
import { editedImage } from './drift-healed.ts';

/** Prod runs in mode sync: what Git says is applied, what people change is reported. */
export async function driftLeft(story: Story): Promise<Evidence> {
  const { world } = story;
  const desired = await readPaymentsImage(world, 'prod');
  const start = performance.now();
  await editPaymentsImage(world, 'prod', editedImage);
  const open = await waitFor(story, 'an open drift of payments-prod', async () => {
    const found = (await listDrifts(world, 'payments-prod')).find((entry) => entry.state === 'open');
    if (found !== undefined) return { done: found };
    return { seen: `no open drift; ${(await getApplication(world, 'payments-prod')).sentence}` };
  });
  const reportedMs = performance.now() - start;
  const status = await waitFor(story, 'payments-prod OutOfSync', async () => {
    const application = await getApplication(world, 'payments-prod');
    return application.sync === 'OutOfSync' ? { done: application } : { seen: application.sentence };
  });
  const left = await readPaymentsImage(world, 'prod');
  if (left !== editedImage) throw new StepFailure(`${editedImage} still live in prod`, left);
  await sync(story);
  const after = await readPaymentsImage(world, 'prod');
  if (after !== desired) throw new StepFailure(`${desired} live in prod after the sync`, after);
  const closed = await waitFor(story, 'the drift closed', async () => {
    const entry = (await listDrifts(world, 'payments-prod')).find((each) => each.drift.id === open.drift.id);
    return entry?.state === 'closed' ? { done: entry } : { seen: entry?.sentence ?? 'the drift is gone' };
  });
  return {
    seen: `reported after ${seconds(reportedMs)}, left alone, ${closed.end} by fairlead app sync`,
    lines: [
      ...describeDrift(open),
      `  payments-prod is ${status.sync} in mode ${status.mode}: ${left} is still live`,
      `  fairlead app sync payments-prod: ${desired} is live again, the drift is closed (${closed.end})`,
    ],
  };
}

async function sync({ world, show }: Story): Promise<void> {
  show('fairlead app sync payments-prod');
  const { code, stdout, stderr } = await world.fairlead('app', 'sync', 'payments-prod');
  if (code !== 0) throw new StepFailure('exit code 0 of fairlead app sync', `${code}: ${stderr || stdout}`);
}
