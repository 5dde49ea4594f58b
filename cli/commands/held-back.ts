import { commitName } from '../../core/commit.ts';
import { formatLocation } from '../../core/problem.ts';
import { unwrap } from '../client/open-client.ts';
import type { Context } from '../context.ts';

/**
 * Why an operation was about an application's last good state and not about what Git says now; undefined where both are
 * the same.
 */
export async function heldBack(context: Context, application: string): Promise<string | undefined> {
  const params = { path: { key: application } };
  const { commit, gates } = await unwrap(context.client.GET('/api/v1/applications/{key}', { params }));
  const gate = gates.find(({ kind }) => kind === 'refusal' || kind === 'frozen');
  if (gate === undefined) return undefined;
  const state = commit === undefined ? 'its last good state' : `its last good state, ${commitName(commit)}`;
  const where = gate.location === undefined ? '' : ` (${formatLocation(gate.location)})`;
  const word = gate.kind === 'refusal' ? 'refused' : 'frozen';
  return `This is about ${state}: what Git says now is ${word}, as ${gate.reason}${where}. ${gate.remedy}`;
}
