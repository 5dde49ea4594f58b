import { ensureNamespace } from '../apply/ensure-namespace.ts';
import { holdsBack } from '../health/object-health.ts';
import type { Plan, Step } from '../plan/plan-application.ts';
import type { ApplicationHooks } from './application-hooks.ts';
import type { EngineServices } from './engine-services.ts';
import type { ObjectWork } from './object-work.ts';

/** `waiting`: the next event of what is waited for starts another pass. */
export type StepResult = 'done' | 'waiting' | 'failed';

export interface StepContext {
  readonly services: EngineServices;
  readonly objects: ReadonlyMap<string, ObjectWork>;
  readonly hooks: ApplicationHooks;
  /** Whether the plan is still that of the newest desired state. */
  readonly isCurrent: () => boolean;
}

/** Carries out a plan stage by stage; the steps of one stage run together. Nothing here waits for health or hooks. */
export async function carryOutPlan(plan: Plan, context: StepContext): Promise<StepResult> {
  for (const stage of plan.stages) {
    const results = await Promise.all(stage.map((step) => carryOutStep(step, context)));
    if (!context.isCurrent() || results.includes('failed')) return 'failed';
    if (results.includes('waiting')) return 'waiting';
  }
  return 'done';
}

async function carryOutStep(step: Step, { services, objects, hooks }: StepContext): Promise<StepResult> {
  switch (step.type) {
    case 'create-namespace':
      await ensureNamespace(services.kube, step.namespace);
      services.knownNamespaces.add(step.namespace);
      return 'done';
    case 'apply':
    case 'inspect':
      await objects.get(step.key)?.settle();
      return 'done';
    case 'hook':
      if (hooks.isHeld(step.key, step.phase)) return 'waiting';
      return hooks.carryOut(step.key, step.phase);
    case 'wait': {
      const works = step.keys.flatMap((key) => objects.get(key) ?? []);
      return step.until === 'established' ? areEstablished(works) : areHealthy(works);
    }
  }
}

/** Objects of a definition that failed fail by themselves; the others go on. */
function areEstablished(works: readonly ObjectWork[]): StepResult {
  const isHeld = works.some((work) => !work.trouble.isOpen && work.health?.status === 'Progressing');
  return isHeld ? 'waiting' : 'done';
}

export function areHealthy(works: readonly ObjectWork[]): StepResult {
  if (works.some((work) => work.trouble.isOpen)) return 'failed';
  return works.some((work) => holdsBack(work.health)) ? 'waiting' : 'done';
}
