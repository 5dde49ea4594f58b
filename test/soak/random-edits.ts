import type { Mode } from '../../core/mode.ts';
import type { ClusterAccess } from '../clusters/kubeconfig.ts';
import { runArena } from '../differential/arena.ts';
import type { Chapter } from './write-report.ts';

const modes: readonly Mode[] = ['sync', 'heal', 'observe'];
const rounds = 5;
const editsOfRound = 120;

export interface RandomEdits {
  /** At least as many are tried. */
  readonly edits: number;
  readonly seed: number;
  readonly say: (line: string) => void;
  readonly note: (chapter: Chapter) => void;
}

/** Random edits of random objects by others, in each mode in turn, each round compared with a dry-run of everything. */
export async function playEdits(
  access: ClusterAccess,
  { edits, seed, say, note }: RandomEdits,
): Promise<void> {
  const arenas = Math.ceil(edits / (rounds * editsOfRound));
  const failures: string[] = [];
  let [sent, judged, heals] = [0, 0, 0];
  for (let index = 0; index < arenas; index += 1) {
    const mode = modes[index % modes.length] as Mode;
    const own = seed * 1_000 + index;
    const outcome = await runArena({ access, seed: own, rounds, edits: editsOfRound, mode });
    sent += outcome.sent;
    judged += outcome.judged;
    heals += outcome.heals;
    failures.push(...outcome.faults.map((fault) => `random edits in mode ${mode}, seed ${own}: ${fault}`));
    say(`${sent} random edits, mode ${mode}, seed ${own}${outcome.faults.length === 0 ? '' : ': FAULTS'}`);
    if (outcome.faults.length > 0) say(outcome.faults.join('\n'));
    const figures = [`${sent} edits of 29 kinds`, `${judged} verdicts`, `${heals} heals`];
    note({ name: 'random edits, each verdict compared with a dry-run', figures, failures });
  }
}
