import type { AppError } from '../../core/error.ts';

/** One step on the way to a repository. */
export interface TestStep {
  readonly step: 'credentials' | 'name' | 'connection' | 'tls' | 'authentication' | 'repository' | 'branch';
  /** `skipped`: it has no meaning here, or one before it failed. */
  readonly result: 'passed' | 'failed' | 'skipped';
  readonly detail: string;
  /** What to do where it failed. */
  readonly remedy?: string;
}

/** How a repository that applications use is reached. */
export interface RepositoryTest {
  /** Without credentials. */
  readonly url: string;
  readonly steps: readonly TestStep[];
}

/** What a server tells of a repository without handing it out. */
export interface RemoteLook {
  /** Of HEAD; `undefined` where the server names none. */
  readonly defaultBranch: string | undefined;
  readonly commit: string | undefined;
}

/** The last steps, from what asking the server came to. */
export function stepsOfLook(look: RemoteLook | AppError): readonly TestStep[] {
  if (!(look instanceof Error)) {
    const { defaultBranch, commit } = look;
    return [
      passed('authentication', 'the server lets the hub in'),
      passed(
        'repository',
        commit === undefined ? 'it is there, and empty' : `it is there, at ${commit.slice(0, 7)}`,
      ),
      defaultBranch === undefined
        ? skipped('branch', 'the server names no default branch: give each Application a targetRevision')
        : passed('branch', `the default branch is ${defaultBranch}`),
    ];
  }
  const failed = failedStep(look);
  switch (look.code) {
    case 'unauthenticated':
      return [failed('authentication'), afterFailure('repository'), afterFailure('branch')];
    case 'denied':
      return [
        passed('authentication', 'the server knows the hub'),
        failed('repository'),
        afterFailure('branch'),
      ];
    case 'not-found':
      // Most hosts say so of what somebody may not see, whoever asks.
      return [
        skipped('authentication', 'the server asks for nothing, or does not say'),
        failed('repository'),
        afterFailure('branch'),
      ];
    default:
      return [failed('authentication'), afterFailure('repository'), afterFailure('branch')];
  }
}

export function hasFailed(steps: readonly TestStep[]): boolean {
  return steps.some(({ result }) => result === 'failed');
}

export function passed(step: TestStep['step'], detail: string): TestStep {
  return { step, result: 'passed', detail };
}

export function skipped(step: TestStep['step'], detail: string): TestStep {
  return { step, result: 'skipped', detail };
}

export function afterFailure(step: TestStep['step']): TestStep {
  return skipped(step, 'an earlier step failed');
}

function failedStep({ message, remedy }: AppError): (step: TestStep['step']) => TestStep {
  return (step) => ({ step, result: 'failed', detail: message, ...(remedy === undefined ? {} : { remedy }) });
}
