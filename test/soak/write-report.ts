/** One part of a soak. */
export interface Chapter {
  /** Completes "runs …". */
  readonly name: string;
  readonly figures: readonly string[];
  readonly failures: readonly string[];
}

export interface SoakReport {
  readonly chapters: readonly Chapter[];
  readonly seed: number;
  readonly processors: number;
  readonly at: Date;
}

/** The page `docs/reliability.md`. */
export function writeReport({ chapters, seed, processors, at }: SoakReport): string {
  const failures = chapters.flatMap((chapter) => chapter.failures);
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
    'the deletion. A few dozen of the runs are in `make test` (`test/integration/crash.test.ts`, `crash-faults.test.ts`).',
    '',
    `Last run: ${at.toISOString().slice(0, 10)}, on ${processors} processors, seed ${seed}: ${
      failures.length === 0 ? 'nothing was otherwise than it should be.' : `${failures.length} failures.`
    }`,
    '',
    '| part | figures | failures |',
    '|---|---|---|',
    ...chapters.map(
      ({ name, figures, failures: found }) => `| ${name} | ${figures.join('; ')} | ${found.length} |`,
    ),
    '',
    ...(failures.length === 0 ? [] : ['## Failures', '', ...failures.map((one) => `- ${one}`), '']),
  ].join('\n');
}
