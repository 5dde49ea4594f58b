import { stringAt } from '../../core/json.ts';
import { partOf, partOfLabel } from '../../core/tracking.ts';
import { getApplication, listApplications, shortId } from '../fleet-view.ts';
import type { Evidence, Story } from '../step.ts';
import { StepFailure, seconds, waitFor } from '../wait-for.ts';

export const refusedName = 'node-tools-staging';
const forbidden = 'kube-system';

/** An application of project `platform` that aims at a namespace which the project doesn't list. */
export async function refusal(story: Story): Promise<Evidence> {
  const { world } = story;
  const template = world.repository.read('applications/staging/payments.yaml');
  const document = template
    .replace('name: payments-staging', `name: ${refusedName}`)
    .replace(`namespace: ${world.namespace('payments')}`, `namespace: ${forbidden}`);
  const path = 'applications/staging/node-tools.yaml';
  const { commit, at } = await world.repository.push({ [path]: document }, `Run node tools in ${forbidden}`);
  story.commits.set('refused', commit);
  await waitFor(story, `${refusedName} in the list of applications`, async () => {
    const names = (await listApplications(world)).map((each) => each.name);
    return names.includes(refusedName) ? { done: true } : { seen: `there are ${names.join(', ')}` };
  });
  const { gates, digest, sync } = await getApplication(world, refusedName);
  const gate = gates.find((each) => each.kind === 'refusal');
  if (gate?.location === undefined || digest !== undefined) {
    throw new StepFailure('a refusal with the place of its rule', JSON.stringify({ gates, digest, sync }));
  }
  const ms = performance.now() - at;
  await checkUntouched(story);
  const rule = `${gate.location.file}:${gate.location.line ?? '?'}`;
  const text = ruleText(story, gate.location.file, gate.location.line);
  return {
    seen: `refused by ${rule}, nothing reached the cluster`,
    lines: [
      `commit ${shortId(commit)} adds ${path}; refused after ${seconds(ms)}`,
      `  ${gate.reason}`,
      `  rule ${rule}${text === '' ? '' : ` (${text})`}`,
      `  ${gate.remedy}`,
      `  ${forbidden} in staging holds nothing of it`,
    ],
  };
}

function ruleText({ world }: Story, file: string, line: number | undefined): string {
  return line === undefined ? '' : (world.repository.read(file).split('\n')[line - 1]?.trim() ?? '');
}

/** Nothing with its label, and nothing with the names that its manifests have. */
async function checkUntouched({ world }: Story): Promise<void> {
  const { live } = world.cluster('staging');
  const label = `${partOfLabel}=${partOf(`argocd/${refusedName}`)}`;
  for (const kind of ['ServiceAccount', 'Service', 'ConfigMap']) {
    const objects = await live.list({ group: '', kind }, { namespace: forbidden });
    const ours = objects.filter(
      (object) => stringAt(object, 'metadata', 'labels', 'app.kubernetes.io/name') === 'payments',
    );
    const labelled = await live.list({ group: '', kind }, { namespace: forbidden, labelSelector: label });
    if (ours.length + labelled.length > 0) {
      throw new StepFailure(`no ${kind} of it in ${forbidden}`, `${ours.length + labelled.length} of them`);
    }
  }
  const ref = { group: 'apps', kind: 'Deployment', namespace: forbidden, name: 'payments' };
  if (await live.read(ref)) throw new StepFailure(`no Deployment payments in ${forbidden}`, 'there is one');
}
