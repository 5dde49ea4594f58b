import type { ObjectRef } from './object-ref.ts';

/** When a hook runs (Argo CD's words). The last two belong to the removal of an application. */
export type HookPhase = 'PreSync' | 'Sync' | 'PostSync' | 'SyncFail' | 'PreDelete' | 'PostDelete';

export interface HookStatus {
  readonly ref: ObjectRef;
  readonly phase: HookPhase;
  readonly state: 'due' | 'running' | 'succeeded' | 'failed';
  /** Why it failed, or what it waits for; '' where there is nothing to say. */
  readonly message: string;
}

/**
 * One try to bring an application to what Git says, hooks and all. New manifests, a sync that a person asks for and a
 * removal begin one; healing and restarts never do. Each hook runs once in it.
 */
export interface Attempt {
  /** The operation's id where a person asked for it. */
  readonly id: string;
  readonly state: 'running' | 'failing' | 'succeeded' | 'failed' | 'cancelled' | 'superseded';
  /** Why it failed or who ended it, in a sentence; '' where there is nothing to say. */
  readonly message: string;
  readonly hooks: readonly HookStatus[];
}
