import type { HookPhase } from '../../core/attempt.ts';
import type { DesiredApplication } from '../../core/desired.ts';
import type { Digest } from '../../core/digest.ts';
import { shortName } from '../../core/digest.ts';
import { type Guard, guardProblem } from '../../core/guard.ts';
import { ignoresIn } from '../../core/ignore-rule.ts';
import { canonicalJson } from '../../core/json.ts';
import { type KubeObject, type Manifest, refOf } from '../../core/kube-object.ts';
import { formatRef, type ObjectRef } from '../../core/object-ref.ts';
import { isExcludedKind } from '../../core/resource-filter.ts';
import type { ObjectFailure, ObjectWarning } from '../../core/status.ts';
import { partOf, partOfLabel, trackingAnnotation, trackingId } from '../../core/tracking.ts';
import { checkManifest, type Declared, excludedObject, repeatedObjects } from './check-manifest.ts';
import { classifyHook, type HookDeletePolicy, waveOf } from './classify-hook.ts';
import { checkDependencies } from './dependencies.ts';
import { metadataOnlyAnnotation, namespaceManifest } from './namespace-metadata.ts';
import { normalizeObject } from './normalize-object.ts';
import { packObjects } from './pack-objects.ts';
import type { Annotations, PreparedObject } from './prepared-object.ts';
import { protectionsOf } from './prune-protection.ts';
import { objectFailure } from './remedies.ts';
import { isNamespaced, type ResourceIndex } from './resource-index.ts';
import { syncOptionsOf } from './sync-options.ts';

const noAnnotations: Annotations = {};

export interface PreparedHook {
  readonly key: string;
  readonly ref: ObjectRef;
  readonly object: KubeObject;
  readonly phases: readonly HookPhase[];
  readonly deletePolicies: readonly HookDeletePolicy[];
  readonly wave: number;
}

export interface PreparedApplication {
  readonly objects: ReadonlyMap<string, PreparedObject>;
  readonly hooks: readonly PreparedHook[];
  /** Objects that can't be applied as they are written; whatever of them is live stays. */
  readonly failures: readonly ObjectFailure[];
  /** What is worth mending though it holds nothing back. */
  readonly warnings: readonly ObjectWarning[];
  /** Whether there are kinds whose scope nobody knows yet: identities may change when it is known. */
  readonly isUncertain: boolean;
}

/** Marks a hook's object, so that the next sync may delete it. It is not a tracking id: a hook is never pruned as an object. */
export const hookAnnotation = 'fairlead.dev/hook';

/**
 * Turns what Git says into what is applied. `seal` is the fleet's keyed digest. What the guard doesn't allow is a failure
 * of its own; a hook of the kind stays, so that its sync stops there instead of going on without it.
 */
export function prepareApplication(
  desired: DesiredApplication,
  index: ResourceIndex,
  seal: (text: string) => Digest,
  guard: Guard,
): PreparedApplication {
  const objects = new Map<string, PreparedObject>();
  const declared = new Map<string, Declared>();
  const hooks: PreparedHook[] = [];
  const failures: ObjectFailure[] = [];
  let isUncertain = false;
  const ofNamespace = namespaceManifest(desired);
  const all = [...desired.manifests, ...(ofNamespace === undefined ? [] : [ofNamespace])];
  const counts = ({ object }: Manifest): boolean => !isExcludedKind(desired.resourceRules, refOf(object));
  for (const manifest of all.filter(counts)) {
    const hook = classifyHook(manifest.object);
    const phases = hook.type === 'hook' ? phasesOf(hook.phases, desired.removal) : [];
    if (hook.type === 'ignored' || (hook.type === 'hook' && phases.length === 0)) continue;
    const { group, kind } = refOf(manifest.object);
    isUncertain ||= isNamespaced(index, group, kind) === undefined;
    const object = place(normalizeObject(manifest.object), desired.namespace, index);
    if (hook.type === 'hook') {
      hooks.push(prepareHook(desired.application, object, { ...hook, phases }, seal));
      continue;
    }
    const refused = guardProblem(guard, refOf(object));
    if (refused !== undefined) {
      failures.push(objectFailure(refOf(object), 'guard', refused));
      continue;
    }
    const marks = manifest === ofNamespace ? { [metadataOnlyAnnotation]: 'true' } : {};
    const prepared = prepareObject(desired, object, marks, seal);
    const earlier = declared.get(prepared.key);
    const problem = checkManifest(prepared, manifest.origin, earlier);
    if (problem !== undefined) {
      failures.push(problem);
      continue;
    }
    declared.set(prepared.key, { prepared, places: [...(earlier?.places ?? []), manifest.origin] });
    if (earlier === undefined) objects.set(prepared.key, prepared);
  }
  failures.push(...dropUnfounded(objects));
  const excluded = all.filter((manifest) => !counts(manifest)).map(excludedObject);
  const warnings = [...repeatedObjects(declared.values()), ...excluded];
  return { objects: packObjects(objects), hooks, failures, warnings, isUncertain };
}

/** What depends on something that can't be applied can't be applied either. */
function dropUnfounded(objects: Map<string, PreparedObject>): readonly ObjectFailure[] {
  const failures: ObjectFailure[] = [];
  for (let found = checkDependencies(objects); found.length > 0; found = checkDependencies(objects)) {
    failures.push(...found);
    for (const { ref } of found) objects.delete(formatRef(ref));
  }
  return failures;
}

/** Hooks around a deletion are those of a removal, and the others are not. */
function phasesOf(
  phases: readonly HookPhase[],
  removal: DesiredApplication['removal'],
): readonly HookPhase[] {
  return phases.filter(
    (phase) => (phase === 'PreDelete' || phase === 'PostDelete') === (removal !== undefined),
  );
}

/** Sets or drops the namespace by the kind's scope: identity needs it before anything is compared. */
function place(object: KubeObject, defaultNamespace: string, index: ResourceIndex): KubeObject {
  const { group, kind, namespace } = refOf(object);
  const namespaced = isNamespaced(index, group, kind);
  if (namespaced === false) {
    const { namespace: _dropped, ...metadata } = object.metadata;
    return { ...object, metadata };
  }
  if (namespace !== '') return object;
  return { ...object, metadata: { ...object.metadata, namespace: defaultNamespace } };
}

function prepareObject(
  { application, unvalidated, ignoreDifferences = [] }: DesiredApplication,
  object: KubeObject,
  marks: Annotations,
  seal: (text: string) => Digest,
): PreparedObject {
  const ref = refOf(object);
  const ignored = ignoreDifferences.filter((rule) => ignoresIn(rule, ref));
  const tracking = { [trackingAnnotation]: trackingId(application, ref) };
  const marked = withMarks(object, application, { ...marks, ...tracking });
  const validate = syncOptionsOf(object).get('Validate');
  const isUnvalidated = validate === 'false' || (unvalidated === true && validate !== 'true');
  return {
    key: formatRef(ref),
    ref,
    apiVersion: object.apiVersion,
    annotations: annotationsOf(object, marks),
    object: marked,
    // How it is applied is part of it: what failed before is tried again.
    digest: seal(`${canonicalJson(object)}${isUnvalidated ? '\nunvalidated' : ''}`),
    wave: waveOf(object),
    ...(isUnvalidated ? { unvalidated: true } : {}),
    protections: protectionsOf(marked),
    ...(ignored.length === 0 ? {} : { ignored }),
  };
}

function annotationsOf({ metadata: { annotations } }: KubeObject, marks: Annotations): Annotations {
  const all = { ...annotations, ...marks };
  return Object.keys(all).length === 0 ? noAnnotations : all;
}

function prepareHook(
  application: string,
  object: KubeObject,
  hook: { readonly phases: readonly HookPhase[]; readonly deletePolicies: readonly HookDeletePolicy[] },
  seal: (text: string) => Digest,
): PreparedHook {
  const named = withName(object, seal);
  const ref = refOf(named);
  return {
    key: formatRef(ref),
    ref,
    object: withMarks(named, application, { [hookAnnotation]: trackingId(application, ref) }),
    phases: hook.phases,
    deletePolicies: hook.deletePolicies,
    wave: waveOf(object),
  };
}

/** The name follows from the content, so that a retry after a crash makes no second Job. */
function withName(object: KubeObject, seal: (text: string) => Digest): KubeObject {
  const { generateName, ...metadata } = object.metadata;
  if (metadata.name !== undefined || generateName === undefined) return object;
  const suffix = shortName(seal(canonicalJson(object))).slice(0, 10);
  return { ...object, metadata: { ...metadata, name: `${generateName}${suffix}` } };
}

function withMarks(
  object: KubeObject,
  application: string,
  annotations: { readonly [name: string]: string },
): KubeObject {
  const { metadata } = object;
  return {
    ...object,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [partOfLabel]: partOf(application) },
      annotations: { ...metadata.annotations, ...annotations },
    },
  };
}

/** The object as Git has it: what is compared where an application is only observed. */
export function withoutMarks(object: KubeObject): KubeObject {
  const { labels, annotations, ...metadata } = object.metadata;
  const { [partOfLabel]: _label, ...ownLabels } = labels ?? {};
  const { [trackingAnnotation]: _id, [metadataOnlyAnnotation]: _only, ...ownAnnotations } = annotations ?? {};
  return {
    ...object,
    metadata: {
      ...metadata,
      ...(Object.keys(ownLabels).length === 0 ? {} : { labels: ownLabels }),
      ...(Object.keys(ownAnnotations).length === 0 ? {} : { annotations: ownAnnotations }),
    },
  };
}
