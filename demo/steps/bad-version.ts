import { getApplication, shortId } from '../fleet-view.ts';
import { setImage } from '../pinned-image.ts';
import type { Evidence, Story } from '../step.ts';
import { seconds, waitFor } from '../wait-for.ts';

/** No registry has it, so its pods never become ready. */
const bad = { tag: '6.9.3-broken', digest: `sha256:${'0'.repeat(64)}` };
export const badTag = bad.tag;

/** Somebody skips staging: prod becomes degraded, and the incident channel is told. */
export async function badVersion(story: Story): Promise<Evidence> {
  const { repository, alerts } = story.world;
  const path = 'apps/payments/overlays/prod/kustomization.yaml';
  const text = setImage(repository.read(path), bad);
  const told = alerts.about('argocd/payments-prod', 'degraded').length;
  const { commit, at } = await repository.push({ [path]: text }, `payments: ${badTag} in prod`);
  const alert = await waitFor(story, 'an alert that payments-prod is degraded', async () => {
    const news = alerts.about('argocd/payments-prod', 'degraded').slice(told);
    const found = news.find((each) => each.state === 'firing');
    if (found !== undefined) return { done: found };
    return { seen: (await getApplication(story.world, 'payments-prod')).sentence };
  });
  return {
    seen: `alert ${seconds(performance.now() - at)} after the push`,
    lines: [
      `commit ${shortId(commit)} brings :${badTag} to prod, past staging`,
      `  alert ${alert.severity}: ${alert.summary}`,
      `  next step: ${alert.nextStep}`,
    ],
  };
}
