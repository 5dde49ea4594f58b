import { proposeAndMerge } from '../propose.ts';
import type { Evidence, Story } from '../step.ts';
import { seconds, waitFor } from '../wait-for.ts';
import { promotedTag, untilLive } from './promotion.ts';

/** One command writes the revert of just this application; merging it ends the incident. */
export async function rollback(story: Story): Promise<Evidence> {
  const { alerts, repository } = story.world;
  const { push, lines } = await proposeAndMerge(story, 'rollback', 'payments-prod');
  const ms = await untilLive(story, 'prod', promotedTag, push.at);
  const resolved = await waitFor(story, 'the alert resolved', async () => {
    const told = alerts.about('argocd/payments-prod', 'degraded');
    const last = told.at(-1);
    return last?.state === 'resolved' ? { done: last } : { seen: `the last word is ${last?.state}` };
  });
  const log = await repository.log();
  return {
    seen: `merge to live in prod ${seconds(ms)}, alert resolved`,
    lines: [
      ...lines,
      `  alert resolved: ${resolved.summary}`,
      'git log tells all of it:',
      ...log.slice(0, 9).map((line) => `  ${line}`),
    ],
  };
}
