import type { Schemas } from '../cli/client/open-client.ts';
import { type JsonObject, parseJson } from '../core/json.ts';
import type { Push } from './fleet-repository.ts';
import { shortId } from './fleet-view.ts';
import type { Story } from './step.ts';
import { StepFailure } from './wait-for.ts';

/** A commit that Fairlead wrote on a branch, and what merging it gave. */
export interface Merged {
  readonly proposal: Schemas['Proposal'];
  readonly push: Push;
  readonly lines: readonly string[];
}

/** Runs a command that proposes a change (`promote`, `rollback`), then merges its branch as a reviewer would. */
export async function proposeAndMerge(story: Story, ...args: readonly string[]): Promise<Merged> {
  const { world, show } = story;
  const command = `fairlead ${args.join(' ')}`;
  show(command);
  const { code, stdout, stderr } = await world.fairlead(...args, '-o', 'json');
  if (code !== 0) throw new StepFailure(`exit code 0 of ${command}`, `${code}: ${stderr || stdout}`);
  const proposal = parseJson(stdout) as JsonObject as unknown as Schemas['Proposal'];
  if (proposal.state !== 'written') throw new StepFailure('a branch that was written', proposal.state);
  show(`merging ${proposal.branch}`);
  const push = await world.repository.merge(proposal.branch);
  return {
    proposal,
    push,
    lines: [
      `${command}: branch ${proposal.branch}`,
      ...proposal.changes.map(({ before, after }) => `  ${before || 'nothing'} → ${after || 'nothing'}`),
      ...proposal.files.map(({ path }) => `  in ${path}, nothing else`),
      `merged into ${proposal.base} as ${shortId(push.commit)}`,
    ],
  };
}
