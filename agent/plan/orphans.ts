import { matchesGlob } from '../../core/glob.ts';
import { formatGroupKind, type ObjectRef } from '../../core/object-ref.ts';
import type { OrphanRules } from '../../core/orphans.ts';
import { isExcludedKind } from '../../core/resource-filter.ts';
import { partOfLabel } from '../../core/tracking.ts';
import { runAnnotation } from './hook-object.ts';

/** Pure rules of what an orphan is, by an object's metadata alone. */

type Kind = Pick<ObjectRef, 'group' | 'kind'>;

interface OwnerReference {
  readonly kind?: string;
}

/** As far as a list of metadata shows an object. */
export interface OrphanCandidate {
  readonly metadata: {
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly ownerReferences?: readonly OwnerReference[];
    readonly deletionTimestamp?: string;
  };
}

export interface OrphanFacts {
  /** Whether an application declares the object, or has it in its inventory. */
  readonly isKnown: (ref: ObjectRef) => boolean;
  /** Names of the StatefulSets in its namespace. */
  readonly statefulSets: ReadonlySet<string>;
}

/** Kinds whose every object is made by the cluster itself: they are not even listed. */
const automaticKinds: ReadonlySet<string> = new Set([
  '/Endpoints',
  '/Event',
  'apps/ControllerRevision',
  'coordination.k8s.io/Lease',
  'discovery.k8s.io/EndpointSlice',
  'events.k8s.io/Event',
  'metrics.k8s.io/PodMetrics',
]);

/** Objects that are in every namespace, by kind and name. */
const automaticNames: ReadonlySet<string> = new Set([
  '/ServiceAccount default',
  '/ConfigMap kube-root-ca.crt',
  '/ConfigMap openshift-service-ca.crt',
]);

const serviceAccountAnnotation = 'kubernetes.io/service-account.name';
const helmRelease = 'sh.helm.release.v1.';

export function isAutomaticKind(kind: Kind): boolean {
  return automaticKinds.has(formatGroupKind(kind));
}

/**
 * Whether an object belongs to no application and nothing else that is known of: what another object owns goes with
 * that one, and what a cluster makes in each namespace was made by nobody.
 */
export function isOrphan(object: OrphanCandidate, ref: ObjectRef, facts: OrphanFacts): boolean {
  const { labels, annotations, ownerReferences = [], deletionTimestamp } = object.metadata;
  if (deletionTimestamp !== undefined || ownerReferences.length > 0) return false;
  if (labels?.[partOfLabel] !== undefined || annotations?.[runAnnotation] !== undefined) return false;
  if (isAutomaticKind(ref) || isAutomatic(object, ref)) return false;
  if (isClaimOfStatefulSet(ref, facts.statefulSets)) return false;
  return !facts.isKnown(ref);
}

function isAutomatic({ metadata }: OrphanCandidate, ref: ObjectRef): boolean {
  if (automaticNames.has(`${formatGroupKind(ref)} ${ref.name}`)) return true;
  const isCoreService = ref.namespace === 'default' && ref.name === 'kubernetes';
  if (isCoreService && formatGroupKind(ref) === '/Service') return true;
  if (formatGroupKind(ref) !== '/Secret') return false;
  return (
    metadata.annotations?.[serviceAccountAnnotation] !== undefined ||
    (metadata.labels?.['owner'] === 'helm' && ref.name.startsWith(helmRelease))
  );
}

/** A StatefulSet's claims are called `template-set-0`, and no owner is written on them (as Argo CD infers it). */
function isClaimOfStatefulSet(ref: ObjectRef, statefulSets: ReadonlySet<string>): boolean {
  if (formatGroupKind(ref) !== '/PersistentVolumeClaim') return false;
  const stem = /^(.+)-\d+$/.exec(ref.name)?.[1];
  if (stem === undefined) return false;
  for (let dash = stem.indexOf('-'); dash >= 0; dash = stem.indexOf('-', dash + 1)) {
    if (statefulSets.has(stem.slice(dash + 1))) return true;
  }
  return false;
}

/** Whether a project permits a kind in namespaces, and the fleet lets it count: others are nothing to it (Argo CD's IsGroupKindNamePermitted). */
export function permitsKind({ allow, deny, resourceRules }: OrphanRules, kind: Kind): boolean {
  if (isExcludedKind(resourceRules, kind)) return false;
  const matches = (pattern: Kind): boolean =>
    matchesGlob(pattern.group, kind.group, 'kind') && matchesGlob(pattern.kind, kind.kind, 'kind');
  return !deny.some(matches) && (allow === undefined || allow.some(matches));
}

/** Whether the project's `ignore` names an object (Argo CD's isKnownOrphanedResourceExclusion). */
export function isIgnored({ ignore }: OrphanRules, { group, kind, name }: ObjectRef): boolean {
  return ignore.some(
    (rule) =>
      matchesGlob(rule.group, group, 'name') &&
      (rule.kind === undefined || matchesGlob(rule.kind, kind, 'name')) &&
      (rule.name === undefined || matchesGlob(rule.name, name, 'name')),
  );
}
