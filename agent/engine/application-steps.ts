import type { HookPhase } from '../../core/attempt.ts';
import type { Health } from '../../core/health.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import { ensureNamespace } from '../apply/ensure-namespace.ts';
import { holdsBack } from '../health/object-health.ts';
import type { ObjectStep, Plan, Step } from '../plan/plan-application.ts';
import type { EngineServices } from './engine-services.ts';

/** `waiting`: the next event of what is waited for starts another pass. */
export type StepResult = 'done' | 'waiting' | 'failed';

/** What steps need of an object. */
export interface StepObject {
  readonly ref: ObjectRef;
  readonly health: Health | undefined;
  readonly trouble: { readonly isOpen: boolean };
  settle(): Promise<void>;
}

/** What steps need of the hooks of an attempt. */
export interface StepHooks {
  isHeld(key: string, phase: HookPhase): boolean;
  carryOut(key: string, phase: HookPhase): StepResult;
}

export interface StepContext {
  readonly services: Pick<EngineServices, 'kube' | 'knownNamespaces'>;
  readonly objects: ReadonlyMap<string, StepObject>;
  readonly hooks: StepHooks;
  /** Whether the plan is still that of the newest desired state. */
  readonly isCurrent: () => boolean;
}

/** Objects that wait for what they depend on (`waiting`), or whose dependency failed. */
type Held = Map<string, Exclude<StepResult, 'done'>>;

/** Carries out a plan stage by stage; the steps of one stage run together. Nothing here waits for health or hooks. */
export async function carryOutPlan(plan: Plan, context: StepContext): Promise<StepResult> {
  const held: Held = new Map();
  for (const stage of plan.stages) {
    if (held.size > 0 && stage.some((step) => step.type === 'wait' || step.type === 'hook')) break;
    const results = await Promise.all(stage.map((step) => carryOutStep(step, context, held)));
    if (!context.isCurrent() || results.includes('failed')) return 'failed';
    if (results.includes('waiting')) return 'waiting';
  }
  if (held.size === 0) return 'done';
  // As long as anything moves by itself, the pass goes on when it has.
  return [...held.values()].includes('waiting') ? 'waiting' : 'failed';
}

async function carryOutStep(step: Step, context: StepContext, held: Held): Promise<StepResult> {
  const { services, objects, hooks } = context;
  switch (step.type) {
    case 'create-namespace':
      await ensureNamespace(services.kube, step.namespace);
      services.knownNamespaces.add(step.namespace);
      return 'done';
    case 'apply':
    case 'inspect': {
      const hold = holdOf(step, objects, held);
      if (hold === 'done') await objects.get(step.key)?.settle();
      else held.set(step.key, hold);
      return 'done';
    }
    case 'hook':
      if (hooks.isHeld(step.key, step.phase)) return 'waiting';
      return hooks.carryOut(step.key, step.phase);
    case 'wait': {
      const works = step.keys.flatMap((key) => objects.get(key) ?? []);
      return step.until === 'established' ? areEstablished(works) : areHealthy(works);
    }
  }
}

/** Whether what it depends on lets an object be applied: what is held itself lets nothing. */
function holdOf({ after = [] }: ObjectStep, objects: StepContext['objects'], held: Held): StepResult {
  const results = after.map((key) => {
    const work = objects.get(key);
    return held.get(key) ?? (work === undefined ? 'done' : areHealthy([work]));
  });
  if (results.includes('failed')) return 'failed';
  return results.includes('waiting') ? 'waiting' : 'done';
}

/** Objects of a definition that failed fail by themselves; the others go on. */
function areEstablished(works: readonly StepObject[]): StepResult {
  const isHeld = works.some((work) => !work.trouble.isOpen && work.health?.status === 'Progressing');
  return isHeld ? 'waiting' : 'done';
}

export function areHealthy(works: readonly StepObject[]): StepResult {
  if (works.some((work) => work.trouble.isOpen)) return 'failed';
  return works.some((work) => holdsBack(work.health)) ? 'waiting' : 'done';
}
