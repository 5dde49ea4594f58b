import { matchesGlob } from './glob.ts';
import { displayRef, type ObjectRef } from './object-ref.ts';

/**
 * The agent's own allow-list, set at its installation: neither hub nor Git can widen it. Plain JSON, since the hub is
 * told of it, so that what it refuses is shown before it is sent.
 */
export interface Guard {
  /** Only objects in these; patterns such as `team-*`, where `*` crosses everything. Absent: every namespace. */
  readonly namespaces?: readonly string[];
  /** Whether objects that stand in no namespace may be touched. A Namespace must be among `namespaces` too. */
  readonly clusterScoped: 'allowed' | 'never';
  readonly kinds: KindLimits;
  /** `never`: nothing is written to the cluster, not even an inventory. */
  readonly writes: 'allowed' | 'never';
  /** Only where nothing is written: the API server may be asked by dry-runs all the same. Absent: it may not. */
  readonly dryRuns?: 'allowed';
  /** Most objects of one application that one change may delete; absent: no limit but the brake. */
  readonly maxPrune?: number;
  /** How long a hold set with kubectl counts at most, ms; 0: not at all. */
  readonly maxHoldMs: number;
  /** Absent: logs of pods may be shown to people who may see their application. */
  readonly logs?: 'never';
}

/**
 * Patterns of kinds: `Secret` is that kind of every group, `apps/Deployment` that of one, `/Secret` that of Kubernetes'
 * own, `rbac.authorization.k8s.io/*` a whole group. Denials win.
 */
export interface KindLimits {
  /** Absent: every kind. */
  readonly allow?: readonly string[];
  readonly deny: readonly string[];
}

export const defaultMaxHoldMs = 4 * 60 * 60 * 1000;

/** No limits but the rights that the API server grants. */
export const openGuard: Guard = {
  clusterScoped: 'allowed',
  kinds: { deny: [] },
  writes: 'allowed',
  maxHoldMs: defaultMaxHoldMs,
};

/** Whether the API server may be asked what a write would do; it wants the same rights for it. */
export function mayDryRun({ writes, dryRuns }: Guard): boolean {
  return writes === 'allowed' || dryRuns === 'allowed';
}

type Kind = Pick<ObjectRef, 'group' | 'kind'>;

/** Why an object may not be touched, read or written, and what to do; `undefined` where it may. */
export function guardProblem(guard: Guard, ref: ObjectRef): string | undefined {
  const kind = kindProblem(guard, ref);
  if (kind !== undefined) return `${displayRef(ref)}: ${kind}`;
  if (ref.namespace === '') return clusterScopedProblem(guard, ref);
  if (isInNamespaces(guard, ref.namespace)) return undefined;
  return outside(guard, ref, ref.namespace);
}

/** Why nothing of a kind may be touched. */
export function kindProblem({ kinds }: Guard, kind: Kind): string | undefined {
  const name = kind.group === '' ? kind.kind : `${kind.group}/${kind.kind}`;
  const denied = kinds.deny.find((pattern) => matchesKind(pattern, kind));
  if (denied !== undefined) {
    return (
      `this agent was installed to leave ${name} alone (it denies ${denied}). ` +
      `Remove it from Git, or take ${denied} from the kinds that the agent denies`
    );
  }
  if (kinds.allow === undefined || kinds.allow.some((pattern) => matchesKind(pattern, kind)))
    return undefined;
  return (
    `this agent was installed for the kinds ${kinds.allow.join(', ')} only, not for ${name}. ` +
    `Remove it from Git, or add ${name} to the kinds that the agent allows`
  );
}

/** Whether objects in a namespace may be touched, as far as its name goes. */
export function isInNamespaces({ namespaces }: Guard, namespace: string): boolean {
  return namespaces === undefined || namespaces.some((pattern) => matchesGlob(pattern, namespace, 'name'));
}

function clusterScopedProblem(guard: Guard, ref: ObjectRef): string | undefined {
  if (guard.clusterScoped === 'never') {
    const limit =
      guard.namespaces === undefined
        ? 'objects in namespaces only'
        : `the namespaces ${listed(guard.namespaces)} only`;
    return (
      `${displayRef(ref)} stands in no namespace, and this agent was installed for ${limit}. ` +
      'Remove it from Git, or install the agent with profile cluster and guard.clusterScoped'
    );
  }
  const isNamespace = ref.group === '' && ref.kind === 'Namespace';
  if (!isNamespace || isInNamespaces(guard, ref.name)) return undefined;
  return outside(guard, ref, ref.name);
}

function outside(guard: Guard, ref: ObjectRef, namespace: string): string {
  return (
    `${displayRef(ref)} is outside of the namespaces that this agent was installed for (${listed(guard.namespaces ?? [])}). ` +
    `Move it, or add ${namespace} to the agent's namespaces`
  );
}

function matchesKind(pattern: string, { group, kind }: Kind): boolean {
  const slash = pattern.lastIndexOf('/');
  if (slash < 0) return matchesGlob(pattern, kind, 'kind');
  return (
    matchesGlob(pattern.slice(0, slash), group, 'kind') && matchesGlob(pattern.slice(slash + 1), kind, 'kind')
  );
}

function listed(names: readonly string[]): string {
  return [...names].sort().join(', ');
}
