import type { HookPhase } from '../../core/attempt.ts';
import { planHooks } from '../plan/plan-application.ts';
import { clearAgainMs, type PassSubject } from './application-pass.ts';
import { carryOutPlan, type StepResult } from './application-steps.ts';

/**
 * One pass of an application that was removed from Git: PreDelete hooks, its objects, PostDelete hooks, then what the
 * hooks left. A hook that fails holds everything after it until a person asks for a sync, which runs them again.
 */
export async function carryOutRemoval(pass: PassSubject): Promise<StepResult> {
  const { services, desired, sync, removal, objects } = pass;
  if (!pass.mayTouch) {
    pass.onGates([]);
    return 'done';
  }
  const mayRunHooks = services.guard.writes !== 'never' && desired.removal === 'delete';
  const before = mayRunHooks ? await runHooks(pass, 'PreDelete') : 'done';
  if (before !== 'done') return before;
  pass.onGates(await removal.run());
  if (objects.size > 0 || !pass.isCurrent()) return 'done';
  if (mayRunHooks) {
    const after = await runHooks(pass, 'PostDelete');
    if (after !== 'done') return after;
    if (!(await sync.clearAll())) {
      pass.wakeIn(clearAgainMs);
      return 'failed';
    }
  }
  if (services.guard.writes !== 'never') await services.inventory.forget(desired.application);
  await sync.forget();
  return 'done';
}

async function runHooks(pass: PassSubject, phase: HookPhase): Promise<StepResult> {
  const { sync, services, objects, isCurrent } = pass;
  if (sync.isStopped) return 'failed';
  const hooks = sync.isOpen ? sync.hooks.due(phase) : [];
  const context = { services, objects, hooks: sync.hooks, isCurrent };
  const result = await carryOutPlan(planHooks(hooks, phase), context);
  if (!isCurrent()) return 'failed';
  if (result === 'failed') {
    sync.fail(sync.hooks.problem ?? `a ${phase} hook failed`);
    sync.finish({ type: 'failed', message: sync.failing ?? '' });
  }
  return result;
}
