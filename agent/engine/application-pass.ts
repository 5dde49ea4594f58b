import type { ApplicationPolicy } from '../../core/desired.ts';
import type { Digest } from '../../core/digest.ts';
import type { Gate } from '../../core/gate.ts';
import { type AttemptObject, degradedGraceMs, judgeAttempt } from '../plan/judge-attempt.ts';
import { planApplication, planHooks } from '../plan/plan-application.ts';
import type { PreparedApplication } from '../plan/prepare-application.ts';
import type { ApplicationRemoval } from './application-removal.ts';
import { areHealthy, carryOutPlan, type StepContext, type StepResult } from './application-steps.ts';
import type { ApplicationSync } from './application-sync.ts';
import type { DegradedWatch } from './degraded-watch.ts';
import type { EngineServices } from './engine-services.ts';
import type { ObjectWork } from './object-work.ts';

/** The application that a pass works on. */
export interface PassSubject {
  readonly services: EngineServices;
  readonly desired: ApplicationPolicy;
  readonly digest: Digest;
  readonly prepared: PreparedApplication;
  readonly objects: ReadonlyMap<string, ObjectWork>;
  readonly sync: ApplicationSync;
  readonly removal: ApplicationRemoval;
  readonly mayWrite: boolean;
  /** Whether anything of it may be touched: no hold, no closed window. */
  readonly mayTouch: boolean;
  /** Whether only this sync may go on, since the windows let nothing new begin. */
  readonly isOverrun: boolean;
  readonly missingNamespaces: ReadonlySet<string>;
  /** Whether it is still the pass of the newest desired state. */
  readonly isCurrent: () => boolean;
  readonly degraded: DegradedWatch;
  /** Another pass is due then, whatever else happens. */
  readonly wakeIn: (ms: number) => void;
  /** From here on, what moves may be what is waited for, though the pass has still to be noted down. */
  readonly onWaiting: () => void;
  readonly onGates: (gates: readonly Gate[]) => void;
}

/** What hooks left and the API server did not take back is tried again so often. */
export const clearAgainMs = 5_000;

/**
 * One pass of an application that is in Git: hooks before the objects, objects wave after wave, then what left Git,
 * then hooks after it. Where the attempt can't succeed, its SyncFail hooks. Ends where something has to be waited for.
 */
export async function carryOutPass(pass: PassSubject): Promise<StepResult> {
  const result = await carryOutAttempt(pass);
  if (result === 'waiting') pass.onWaiting();
  if (pass.mayTouch && pass.isCurrent() && !(await pass.sync.clear())) pass.wakeIn(clearAgainMs);
  return result;
}

async function carryOutAttempt(pass: PassSubject): Promise<StepResult> {
  const { sync } = pass;
  if (pass.mayWrite && sync.failing !== undefined && sync.isOpen) return failAttempt(pass);
  const result = await carryOutObjects(pass);
  if (!pass.isCurrent()) return 'failed';
  if (sync.isStopped) return 'failed';
  const ended = result === 'done' && !hasFailures(pass) ? await finishAttempt(pass) : undefined;
  if (!pass.isCurrent()) return 'failed';
  const passed = ended ?? (result === 'done' ? 'failed' : result);
  if (!pass.mayWrite || !sync.isOpen) return passed;
  const problem = attemptProblem(pass);
  if (problem === undefined) return passed;
  sync.fail(problem);
  return failAttempt(pass);
}

/** Everything up to the last wave. Of an attempt that was stopped, only what it had applied is looked after. */
function carryOutObjects(pass: PassSubject): Promise<StepResult> {
  const { sync } = pass;
  const works = [...pass.objects.values()];
  for (const work of works) work.forgetMendedFailure();
  const objects = works.flatMap((work) => {
    const isHeld = sync.isStopped && sync.hasPending(work.key);
    return work.prepared === undefined || isHeld ? [] : [work.facts(work.prepared)];
  });
  for (const { prepared, live, applied } of objects) {
    if (live === 'at-baseline' && applied === prepared.digest) sync.settled(prepared.key);
  }
  const hooks = pass.mayWrite && sync.isOpen ? sync.hooks.due('PreSync', 'Sync') : [];
  const plan = planApplication({ objects, hooks, missingNamespaces: pass.missingNamespaces });
  return carryOutPlan(plan, stepContext(pass));
}

function stepContext({ services, objects, sync, isCurrent }: PassSubject): StepContext {
  return { services, objects, hooks: sync.hooks, isCurrent };
}

function hasFailures({ prepared, objects }: PassSubject): boolean {
  if (prepared.failures.length > 0) return true;
  return [...objects.values()].some(
    (work) => work.prepared !== undefined && (work.trouble.isOpen || work.foreignOwner !== undefined),
  );
}

/** Everything desired is applied: now, and only now, what left Git may go; then the hooks after it. */
async function finishAttempt(pass: PassSubject): Promise<StepResult> {
  const { sync, desired, removal } = pass;
  if (!pass.mayWrite || sync.pendingCount > 0) {
    const isConfirmed = desired.mode === 'observe' && removal.confirmation.left > 0;
    if (isConfirmed && pass.mayTouch) pass.onGates(await removal.prune());
    return 'done';
  }
  const after = sync.isOpen ? sync.hooks.due('PostSync') : [];
  const works = [...pass.objects.values()];
  const prunesLast = desired.pruneLast === true && works.some((work) => work.prepared === undefined);
  if (sync.isOpen && (prunesLast || after.length > 0 || sync.hooks.has('SyncFail'))) {
    const health = areHealthy(works.filter((work) => work.prepared !== undefined));
    if (health !== 'done') return health;
  }
  pass.onGates(await removal.prune());
  if (!pass.isCurrent()) return 'failed';
  // Once the sync has ended, nothing more could go.
  if ((after.length > 0 || pass.isOverrun) && removal.isUnderWay) return 'waiting';
  const result = await carryOutPlan(planHooks(after, 'PostSync'), stepContext(pass));
  if (result !== 'done' || !pass.isCurrent()) return result;
  sync.completed(pass.digest);
  return 'done';
}

/** SyncFail hooks run to their end, each once, and whatever becomes of them the attempt is over. */
async function failAttempt(pass: PassSubject): Promise<StepResult> {
  const { sync } = pass;
  const plan = planHooks(sync.hooks.due('SyncFail'), 'SyncFail');
  const result = await carryOutPlan(plan, stepContext(pass));
  if (!pass.isCurrent()) return 'failed';
  if (result === 'waiting') return 'waiting';
  sync.finish({ type: 'failed', message: sync.failing ?? '' });
  return 'failed';
}

/** Why the attempt can't succeed any more. What can mend by itself counts only where there are hooks for a failure. */
function attemptProblem(pass: PassSubject): string | undefined {
  const { sync, degraded } = pass;
  if (sync.hooks.isRunning) return undefined;
  const now = pass.services.clock.now();
  const works = [...pass.objects.values()].filter((work) => work.prepared !== undefined);
  const watched = sync.hooks.has('SyncFail') ? works : [];
  degraded.note(watched, now);
  const objects = watched.map((work) => factsOf(work, degraded.since(work.key)));
  if (objects.some(({ degradedSince }) => degradedSince !== undefined)) pass.wakeIn(degradedGraceMs);
  return judgeAttempt({ hookProblem: sync.hooks.problem, objects, now });
}

function factsOf({ ref, trouble, health }: ObjectWork, degradedSince: Date | undefined): AttemptObject {
  return {
    ref,
    ...(trouble.lastingProblem === undefined ? {} : { problem: trouble.lastingProblem }),
    ...(degradedSince === undefined || health === undefined ? {} : { degradedSince, health }),
  };
}
