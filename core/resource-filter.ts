import { matchesGlob } from './glob.ts';

/** One entry of Argo CD's `resource.exclusions` or `resource.inclusions`; an empty list is any. */
export interface ResourceFilter {
  /** Patterns that cross `.` and `/`; '' is the core group. */
  readonly apiGroups: readonly string[];
  /** Names, or `*`: no patterns, as in Argo CD. */
  readonly kinds: readonly string[];
}

/** Which kinds count on a cluster. */
export interface ResourceRules {
  readonly exclusions: readonly ResourceFilter[];
  /** Where there are any, nothing else counts; an exclusion wins over them. */
  readonly inclusions: readonly ResourceFilter[];
}

/** What no GitOps ever has: much of it, always moving, and made by the cluster (Argo CD's coreExcludedResources). */
function neverCounts({ group, kind }: Kind): boolean {
  if (group === 'events.k8s.io' || group === 'metrics.k8s.io') return true;
  return (group === '' && kind === 'Event') || (group === 'coordination.k8s.io' && kind === 'Lease');
}

interface Kind {
  readonly group: string;
  readonly kind: string;
}

/** Whether objects of a kind are neither applied nor watched nor deleted. As Argo CD (ResourcesFilter.IsExcludedResource). */
export function isExcludedKind(rules: ResourceRules | undefined, kind: Kind): boolean {
  if (neverCounts(kind)) return true;
  if (rules === undefined) return false;
  const { exclusions, inclusions } = rules;
  if (exclusions.some((filter) => matches(filter, kind))) return true;
  return inclusions.length > 0 && !inclusions.some((filter) => matches(filter, kind));
}

function matches({ apiGroups, kinds }: ResourceFilter, { group, kind }: Kind): boolean {
  return (
    (apiGroups.length === 0 || apiGroups.some((pattern) => matchesGlob(pattern, group, 'name'))) &&
    (kinds.length === 0 || kinds.includes('*') || kinds.includes(kind))
  );
}
