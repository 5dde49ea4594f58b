/** One part of a soak. */
export interface Chapter {
  /** Completes "runs …". */
  readonly name: string;
  readonly figures: readonly string[];
  readonly failures: readonly string[];
}

/** `under way` also where it was ended before its end. */
export type Progress = 'under way' | 'whole';

export interface SoakReport {
  readonly chapters: readonly Chapter[];
  readonly progress: Progress;
  /** Since its start. */
  readonly minutes: number;
  readonly seed: number;
  readonly processors: number;
  readonly at: Date;
}

/** The page `docs/reliability.md`. */
export function writeReport({ chapters, seed, progress, processors, minutes, at }: SoakReport): string {
  const failures = chapters.flatMap((chapter) => chapter.failures);
  const verdict =
    failures.length === 0 ? 'Nothing was otherwise than it should be.' : `${failures.length} failures.`;
  const extent = progress === 'whole' ? 'whole' : 'so far, not whole';
  return [
    '# Reliability',
    '',
    'What `make soak` saw when it tried to break the agent. The real engine runs in a process of its own on a real state',
    'folder and a real API server; the process kills itself (SIGKILL) before, during and after its writes to cluster and',
    'disk, and at random moments, up to three times in each stage of a scenario. Each run has to end as an undisturbed one',
    'does: the same objects with the same content and field owners, the same inventory, each object made as often (so',
    'nothing was deleted wrongly, and a hook ran once per attempt), and a new process that finds nothing to write.',
    '',
    'The scenarios (`test/crash/scenarios.ts`): waves with hooks of each phase over two versions, a sync that was asked',
    'for, and the removal; objects that leave Git and come back; objects that move between applications, which are then',
    'renamed and removed; correction of what somebody changed and deleted; a hook that fails and is mended; hooks around',
    'the deletion; objects that are deleted and made again since they cannot be changed in place. A few dozen of the runs',
    'are in `make test` (`test/integration/at-rest.test.ts`, which kills while it waits).',
    '',
    'At rest are a thousand objects on a cluster of their own, with controllers, where autoscalers and restarts go on:',
    'nothing may be written to them, and no drift be told.',
    '',
    'Random edits are those of `test/differential`: 58 objects of 29 kinds, in each mode in turn. What is told of them has to',
    'be what a dry-run says, no more and no less, and what is healed has to have been told.',
    '',
    `Last run: ${at.toISOString().slice(0, 10)}, on ${processors} processors, seed ${seed}, ${minutes} minutes, ${extent}. ${verdict}`,
    '',
    '| part | figures | failures |',
    '|---|---|---|',
    ...chapters.map(
      ({ name, figures, failures: found }) => `| ${name} | ${figures.join('; ')} | ${found.length} |`,
    ),
    '',
    ...(failures.length === 0
      ? []
      : ['## Failures', '', ...failures.map((one) => `- ${firstLine(one)}`), '']),
  ].join('\n');
}

/** The rest, such as the log of a process, is on the terminal. */
function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
