import type { HookPhase } from '../../core/attempt.ts';
import type { PreparedHook } from './prepare-application.ts';

/**
 * What is kept of one hook's run in one phase of one attempt, each step before the next is taken. `starting` is kept
 * before the object is created: a later process finds it by the mark of its run, or creates it.
 */
export type KeptRun =
  | { readonly state: 'starting' }
  | { readonly state: 'started'; readonly uid: string }
  | { readonly state: 'succeeded' }
  | { readonly state: 'failed'; readonly message: string };

/** One run for each phase that a hook names. */
export function runKey(key: string, phase: HookPhase): string {
  return `${phase} ${key}`;
}

/** How an attempt ended. */
export type AttemptEnd =
  | { readonly type: 'succeeded' }
  | { readonly type: 'failed'; readonly message: string }
  | { readonly type: 'cancelled'; readonly message: string }
  /** Git changed before it was through. */
  | { readonly type: 'superseded'; readonly message: string };

/** The hooks whose objects go when their attempt ends so: the policies follow the result of the sync, not of the hook. */
export function isDeletedAfter(hook: PreparedHook, end: AttemptEnd): boolean {
  if (end.type === 'superseded') return false;
  return hook.deletePolicies.includes(end.type === 'succeeded' ? 'HookSucceeded' : 'HookFailed');
}
