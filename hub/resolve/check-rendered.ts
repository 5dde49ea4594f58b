import type { Gate } from '../../core/gate.ts';
import { type Manifest, refOf } from '../../core/kube-object.ts';
import { displayRef, type ObjectRef } from '../../core/object-ref.ts';
import { formatLocation } from '../../core/problem.ts';
import type { Assignment } from './assignment.ts';
import { ruleLocation } from './effective-project.ts';
import { type Scope, scopeIn } from './object-scope.ts';
import { judgeKind } from './project-rules.ts';
import { judgeNamespace } from './resolve.ts';

/**
 * Holds what was rendered against the project: kinds, namespaces, and no rules from a source. Gives the first refusal,
 * or `undefined` where all is allowed. `clusterScopedKinds` is what the destination's agent reported (`group/Kind`);
 * `undefined` before its first report: a kind of unknown scope must be allowed either way then. The namespace that
 * `CreateNamespace=true` makes needs no entry in the project, as in Argo CD.
 */
export function checkRendered(
  assignment: Assignment,
  manifests: readonly Manifest[],
  clusterScopedKinds: readonly string[] | undefined,
): Gate | undefined {
  const scopeOf = scopeIn(manifests, clusterScopedKinds);
  for (const manifest of manifests) {
    const ref = refOf(manifest.object);
    const gate = checkAdministrative(ref, manifest) ?? checkObject(assignment, manifest, ref, scopeOf(ref));
    if (gate !== undefined) return gate;
  }
  return undefined;
}

const argoAdministrative = ['Application', 'ApplicationSet', 'AppProject'];

function checkAdministrative(ref: ObjectRef, manifest: Manifest): Gate | undefined {
  const isOurs = ref.group === 'fairlead.dev';
  if (!isOurs && !(ref.group === 'argoproj.io' && argoAdministrative.includes(ref.kind))) return undefined;
  return {
    kind: 'refusal',
    reason: `${place(manifest)}: ${displayRef(ref)} is rendered from an application's source, where it doesn't count`,
    location: manifest.origin,
    remedy: 'Move it into the fleet repository, below the fleet path',
  };
}

function checkObject(
  assignment: Assignment,
  manifest: Manifest,
  ref: ObjectRef,
  scope: Scope,
): Gate | undefined {
  if (scope === 'cluster') return checkKind(assignment, manifest, ref, 'cluster');
  if (scope === 'unknown') {
    const gate = checkKind(assignment, manifest, ref, 'cluster');
    if (gate !== undefined) return unknownScope(assignment, manifest, ref, gate);
  }
  const kind = checkKind(assignment, manifest, ref, 'namespaced');
  if (kind !== undefined) return kind;
  const namespace = ref.namespace === '' ? assignment.namespace : ref.namespace;
  if (namespace === '') {
    return {
      kind: 'refusal',
      reason: `${place(manifest)}: ${displayRef(ref)} names no namespace, and neither does the application's destination`,
      location: manifest.origin,
      remedy: 'Add metadata.namespace to it, or spec.destination.namespace to the Application',
    };
  }
  const { project, cluster, servers } = assignment;
  return judgeNamespace(
    project,
    { cluster, servers },
    namespace,
    `: ${displayRef({ ...ref, namespace })} at ${place(manifest)}`,
  );
}

function checkKind(
  { project }: Assignment,
  manifest: Manifest,
  ref: ObjectRef,
  scope: 'cluster' | 'namespaced',
): Gate | undefined {
  const verdict = judgeKind(project, ref, scope);
  if (verdict.type === 'allowed') return undefined;
  const location = ruleLocation(project, verdict.field);
  const list = verdict.field.replace(/^spec\.|\[\d+\]$/g, '');
  const scoped = scope === 'cluster' ? 'the cluster-scoped kind' : 'the kind';
  const change = list.endsWith('Whitelist') ? `Add it to ${list}` : `Remove it from ${list}`;
  return {
    kind: 'refusal',
    reason: `project ${project.name} doesn't allow ${scoped} ${nameOf(ref)} (${list}): ${displayRef(ref)} at ${place(manifest)}`,
    location,
    owner: `project ${project.name}`,
    remedy: `${change} at ${formatLocation(location)}, or remove the object from the source`,
  };
}

function unknownScope(assignment: Assignment, manifest: Manifest, ref: ObjectRef, gate: Gate): Gate {
  return {
    ...gate,
    reason: `whether ${nameOf(ref)} is cluster-scoped isn't known until cluster ${assignment.cluster} has reported, and project ${assignment.project.name} wouldn't allow it then: ${displayRef(ref)} at ${place(manifest)}`,
    remedy: `Connect the agent of ${assignment.cluster}, or allow the kind in clusterResourceWhitelist`,
  };
}

function nameOf(ref: ObjectRef): string {
  return ref.group === '' ? ref.kind : `${ref.group}/${ref.kind}`;
}

function place(manifest: Manifest): string {
  return formatLocation(manifest.origin);
}
