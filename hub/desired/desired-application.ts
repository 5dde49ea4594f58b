import { type DesiredApplication, encodeDesired, manifestsDigest } from '../../core/desired.ts';
import { type Digest, digest, keyedDigest } from '../../core/digest.ts';
import { matchesGlob } from '../../core/glob.ts';
import type { Guard } from '../../core/guard.ts';
import type { HealthRule } from '../../core/health-rule.ts';
import type { IgnoreRule } from '../../core/ignore-rule.ts';
import { canonicalJson, type Json } from '../../core/json.ts';
import { type Manifest, refOf } from '../../core/kube-object.ts';
import { formatGroupKind } from '../../core/object-ref.ts';
import type { OrphanKind } from '../../core/orphans.ts';
import type { ResourceRules } from '../../core/resource-filter.ts';
import type { KindRule } from '../catalog/documents.ts';
import type { Assignment } from '../resolve/assignment.ts';
import { selectWindows } from '../resolve/select-windows.ts';

/** Desired state as it is stored and sent: its bytes and their keyed digest. */
export interface Sealed {
  readonly digest: Digest;
  readonly bytes: Uint8Array;
}

/** Encodes a desired state and addresses it by the fleet's keyed digest, since it may hold Secrets. */
export function seal(digestKey: Uint8Array, desired: DesiredApplication): Sealed {
  const bytes = encodeDesired(desired);
  return { digest: keyedDigest(digestKey, bytes), bytes };
}

/** The digest of what a cluster gets to see: equal ones are the same objects, whatever policies and places in files say. */
export function sealObjects(digestKey: Uint8Array, desired: DesiredApplication): Digest {
  return keyedDigest(digestKey, manifestsDigest(desired));
}

/** What an assignment and its rendered manifests mean for the cluster. */
export function desiredOf(assignment: Assignment, manifests: readonly Manifest[]): DesiredApplication {
  const windows = selectWindows(assignment);
  const healthRules = rulesFor(assignment, manifests);
  const ignoreDifferences = ignoresFor(assignment, manifests);
  return {
    application: assignment.application,
    project: assignment.project.name,
    mode: assignment.mode,
    prune: assignment.prune,
    allowEmpty: assignment.allowEmpty,
    namespace: assignment.namespace,
    createNamespace: assignment.createNamespace,
    ...(assignment.namespaceMetadata === undefined
      ? {}
      : { namespaceMetadata: assignment.namespaceMetadata }),
    ...(assignment.pruneLast === true ? { pruneLast: true } : {}),
    ...(assignment.replace === undefined ? {} : { replace: assignment.replace }),
    ...(assignment.unvalidated === undefined ? {} : { unvalidated: assignment.unvalidated }),
    deleteLimits: assignment.deleteLimits,
    ...(windows.length === 0 ? {} : { windows }),
    ...(ignoreDifferences.length === 0 ? {} : { ignoreDifferences }),
    ...(assignment.resourceRules === undefined ? {} : { resourceRules: assignment.resourceRules }),
    ...(healthRules.length === 0 ? {} : { healthRules }),
    ...orphansOf(assignment),
    manifests,
  };
}

/** What the agent has to know to find what belongs to no application; whether anybody is warned is the hub's matter. */
function orphansOf({ project, resourceRules }: Assignment): Pick<DesiredApplication, 'orphans'> {
  if (project.orphanedResources === undefined) return {};
  const kindsOf = (rules: readonly KindRule[]): readonly OrphanKind[] =>
    rules.map(({ group, kind }) => ({ group, kind }));
  const { namespaceResourceWhitelist: allow, namespaceResourceBlacklist: deny } = project;
  return {
    orphans: {
      ignore: project.orphanedResources.ignore,
      ...(allow === undefined ? {} : { allow: kindsOf(allow) }),
      deny: kindsOf(deny),
      ...(resourceRules === undefined ? {} : { resourceRules }),
    },
  };
}

/** The fleet's health rules for the kinds among the manifests: others would be sent again for nothing when they change. */
function rulesFor({ healthRules = [] }: Assignment, manifests: readonly Manifest[]): readonly HealthRule[] {
  const kinds = new Set(manifests.map(({ object }) => formatGroupKind(refOf(object))));
  return healthRules.filter((rule) => kinds.has(formatGroupKind(rule)));
}

/** The fleet's rules for what is among the manifests, then the application's own. */
function ignoresFor(
  { fleetIgnores = [], ignoreDifferences = [] }: Assignment,
  manifests: readonly Manifest[],
): readonly IgnoreRule[] {
  const refs = manifests.map(({ object }) => refOf(object));
  const isOfUse = (rule: IgnoreRule): boolean =>
    refs.some(
      ({ group, kind }) => matchesGlob(rule.group, group, 'name') && matchesGlob(rule.kind, kind, 'name'),
    );
  return [...fleetIgnores.filter(isOfUse), ...ignoreDifferences];
}

/**
 * What takes the place of an application that left Git or this cluster, until its agent has deleted or released the
 * objects: an absence alone would never be an order to delete. Hooks of its removal are for its namespace.
 */
export function tombstoneOf(
  { application, project, namespace }: Pick<DesiredApplication, 'application' | 'project' | 'namespace'>,
  removal: 'delete' | 'release',
  resourceRules?: ResourceRules,
): DesiredApplication {
  return {
    application,
    project,
    mode: 'sync',
    prune: removal === 'delete',
    allowEmpty: true,
    namespace,
    createNamespace: false,
    deleteLimits: { freeObjects: 0, maxShare: 1 },
    removal,
    ...(resourceRules === undefined ? {} : { resourceRules }),
    manifests: [],
  };
}

/**
 * One digest over all that decides an application's desired state and gates: equal inputs need no render, no check
 * and no new content. Places in files are left out of the project, since a moved line changes nothing.
 */
export function inputsDigest(
  assignment: Assignment,
  renderKey: Digest,
  clusterScopedKinds: readonly string[] | undefined,
  guard: Guard | undefined,
): Digest {
  const { location: _location, fieldLines: _fieldLines, parts: _parts, ...rules } = assignment.project;
  const { healthRules, imageRule, fleetIgnores } = assignment;
  const policies = desiredOf(assignment, []);
  return digest(
    [
      renderKey,
      assignment.cluster,
      ...assignment.servers,
      assignment.deletesOnRemoval,
      canonicalJson(policies as unknown as Json),
      canonicalJson(rules as unknown as Json),
      clusterScopedKinds === undefined ? 'kinds unknown' : digest(clusterScopedKinds.join('\n')),
      ...(guard === undefined ? [] : [canonicalJson(guard as unknown as Json)]),
      ...(healthRules === undefined ? [] : [canonicalJson(healthRules as unknown as Json)]),
      ...(fleetIgnores === undefined ? [] : [canonicalJson(fleetIgnores as unknown as Json)]),
      ...(imageRule === undefined ? [] : [canonicalJson(imageRule as unknown as Json)]),
    ].join('\n'),
  );
}
