import type { HookPhase } from '../../core/attempt.ts';
import type { KubeObject } from '../../core/kube-object.ts';

export type HookDeletePolicy = 'BeforeHookCreation' | 'HookSucceeded' | 'HookFailed';

/** What an object is by its hook annotations. */
export type HookClass =
  | { readonly type: 'plain' }
  /** A hook of a phase that there isn't here (tests, rollbacks) or `Skip` alone: not applied, not compared. */
  | { readonly type: 'ignored' }
  | {
      readonly type: 'hook';
      readonly phases: readonly HookPhase[];
      readonly deletePolicies: readonly HookDeletePolicy[];
    };

const argoHook = 'argocd.argoproj.io/hook';
const argoPolicy = 'argocd.argoproj.io/hook-delete-policy';
const helmHook = 'helm.sh/hook';
const helmPolicy = 'helm.sh/hook-delete-policy';

const phases: ReadonlyMap<string, HookPhase> = new Map([
  ['PreSync', 'PreSync'],
  ['Sync', 'Sync'],
  ['PostSync', 'PostSync'],
  ['SyncFail', 'SyncFail'],
  ['PreDelete', 'PreDelete'],
  ['PostDelete', 'PostDelete'],
  ['pre-install', 'PreSync'],
  ['pre-upgrade', 'PreSync'],
  ['post-install', 'PostSync'],
  ['post-upgrade', 'PostSync'],
  ['pre-delete', 'PreDelete'],
  ['post-delete', 'PostDelete'],
]);

const policies: ReadonlyMap<string, HookDeletePolicy> = new Map([
  ['BeforeHookCreation', 'BeforeHookCreation'],
  ['HookSucceeded', 'HookSucceeded'],
  ['HookFailed', 'HookFailed'],
  ['before-hook-creation', 'BeforeHookCreation'],
  ['hook-succeeded', 'HookSucceeded'],
  ['hook-failed', 'HookFailed'],
]);

/** Argo CD's rules: its own annotation makes Helm's be ignored; `crd-install` is a plain object (gitops-engine, pkg/sync/hook). */
export function classifyHook(object: KubeObject): HookClass {
  const annotations = object.metadata.annotations ?? {};
  const argo = annotations[argoHook];
  const words = listOf(argo ?? annotations[helmHook]);
  if (words.length === 0 || words.includes('crd-install')) return { type: 'plain' };
  const found = words.flatMap((word) => phases.get(word) ?? []);
  if (found.length === 0) return { type: 'ignored' };
  const wanted = listOf(annotations[argo === undefined ? helmPolicy : argoPolicy]);
  const deletePolicies = wanted.flatMap((word) => policies.get(word) ?? []);
  return {
    type: 'hook',
    phases: [...new Set(found)],
    deletePolicies: deletePolicies.length === 0 ? ['BeforeHookCreation'] : deletePolicies,
  };
}

/** The wave of an object: Argo CD's annotation where it is a number, else Helm's hook weight, else 0. */
export function waveOf(object: KubeObject): number {
  const annotations = object.metadata.annotations ?? {};
  for (const name of ['argocd.argoproj.io/sync-wave', 'helm.sh/hook-weight']) {
    const text = annotations[name]?.trim();
    if (text !== undefined && /^[+-]?\d+$/.test(text)) return Number(text);
  }
  return 0;
}

function listOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}
