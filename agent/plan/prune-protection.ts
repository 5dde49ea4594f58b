import type { KubeObject } from '../../core/kube-object.ts';
import { isMetadataOnly } from './namespace-metadata.ts';
import { syncOptionsOf } from './sync-options.ts';

/** `keep`: it is never deleted. `confirm`: only after a person confirmed it. The later, the stronger. */
export type Protection = 'none' | 'confirm' | 'keep';

/** What an object asks for when it leaves Git alone, and when its whole application does. */
export interface Protections {
  readonly prune: Protection;
  /** Never weaker than `prune`: what stays when it leaves Git stays when everything does. */
  readonly remove: Protection;
}

export const unprotected: Protections = { prune: 'none', remove: 'none' };

/**
 * What an object says itself (Argo CD's `Prune=false|confirm` and `Delete=false|confirm` of
 * `argocd.argoproj.io/sync-options`, Helm's `keep`), or what is only its metadata.
 */
export function protectionsOf(object: KubeObject): Protections {
  const annotations = object.metadata.annotations ?? {};
  const isKept = annotations['helm.sh/resource-policy']?.trim() === 'keep' || isMetadataOnly(object);
  if (isKept) return { prune: 'keep', remove: 'keep' };
  const options = syncOptionsOf(object);
  const prune = levelOf(options, 'Prune');
  const remove = strongest(prune, levelOf(options, 'Delete'));
  return prune === 'none' && remove === 'none' ? unprotected : { prune, remove };
}

function levelOf(options: ReadonlyMap<string, string>, name: 'Prune' | 'Delete'): Protection {
  if (options.get(name) === 'false') return 'keep';
  return options.get(name) === 'confirm' ? 'confirm' : 'none';
}

const levels: readonly Protection[] = ['none', 'confirm', 'keep'];

/** The more protective of two, such as what was applied last and what is live (kustomize-controller#1724). */
export function strongest(left: Protection, right: Protection): Protection {
  return levels.indexOf(left) >= levels.indexOf(right) ? left : right;
}

/** Whether it may not be deleted without being asked about. */
export function isPruneProtected(object: KubeObject): boolean {
  return protectionsOf(object).prune !== 'none';
}
