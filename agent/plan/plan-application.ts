import type { HookPhase } from '../../core/attempt.ts';
import type { Digest } from '../../core/digest.ts';
import { type Dependencies, findDependencies, findLayers } from './dependencies.ts';
import { compareRefs, type Stage, stageOf, stages } from './order.ts';
import type { PreparedHook } from './prepare-application.ts';
import type { PreparedObject } from './prepared-object.ts';

/** What is known of a live object when its application is planned. */
export type LiveFact =
  /** Nobody has looked, or what was seen is not ours: the API server has to be asked. */
  | 'unknown'
  | 'absent'
  /** As we left it. */
  | 'at-baseline'
  /** A difference was confirmed for this desired object. */
  | 'drifted'
  /** On its way out: a new one can only come after it. */
  | 'terminating';

/**
 * Whether what differs may be written, is only reported, or has to wait for the end of a hold or for a window. `own`: it is
 * only reported, but fields that are as Git says may become ours again.
 */
export type Permission = 'apply' | 'own' | 'compare' | 'wait';

export interface ObjectFacts {
  readonly prepared: PreparedObject;
  readonly live: LiveFact;
  /** Digest of what was applied last; absent where nothing was. */
  readonly applied?: Digest;
  readonly permission: Permission;
  /** It failed, and its next try is not due. */
  readonly blocked: boolean;
  /** For a definition: whether its kinds are served. */
  readonly established: boolean;
}

export type Step =
  | { readonly type: 'create-namespace'; readonly namespace: string }
  | ObjectStep
  /** Hold all that follows until definitions are served, or until objects are healthy. */
  | { readonly type: 'wait'; readonly until: 'established' | 'healthy'; readonly keys: readonly string[] }
  | { readonly type: 'hook'; readonly key: string; readonly phase: HookPhase };

export interface ObjectStep {
  /**
   * `apply`: write at once, since what is live is known to be ours and unchanged, or known to be absent. `inspect`: read,
   * dry-run and compare; then write only a difference, and only where that is permitted.
   */
  readonly type: 'apply' | 'inspect';
  readonly key: string;
  /** What has to be healthy before; it holds this object alone, and what depends on it in turn. */
  readonly after?: readonly string[];
}

/**
 * Steps of one stage run together; a stage starts when the one before it has ended. Where an object is held by what it
 * depends on, stages go on up to the next `wait` or hook, which need all that is before them.
 */
export interface Plan {
  readonly stages: readonly (readonly Step[])[];
}

export interface ApplicationFacts {
  readonly objects: readonly ObjectFacts[];
  /** Hooks that this attempt has not run yet, with the phases that are still due; none outside an attempt. */
  readonly hooks: readonly PreparedHook[];
  /** Namespaces to be made when an object needs them, because nobody declares them. */
  readonly missingNamespaces: ReadonlySet<string>;
}

/** The one decision about one object, used by sync, heal and comparison alike. */
export function decideObject(facts: ObjectFacts): 'none' | 'apply' | 'inspect' {
  if (facts.blocked || facts.live === 'terminating') return 'none';
  // What was never applied is no drift: there is nothing to compare before it may be written.
  if (facts.permission === 'wait' && facts.applied !== facts.prepared.digest) return 'none';
  const mayApply = facts.permission === 'apply';
  if (facts.live === 'absent') return mayApply ? 'apply' : 'none';
  if (facts.live === 'drifted') return mayApply ? 'inspect' : 'none';
  if (facts.live === 'unknown') return 'inspect';
  if (facts.applied === facts.prepared.digest) return 'none';
  return mayApply ? 'apply' : 'inspect';
}

/**
 * The steps from live to desired. Laws: after they were carried out the plan is empty; the order of the input changes
 * nothing. Namespaces and definitions go before every hook and wave, as all else may need them.
 */
export function planApplication(facts: ApplicationFacts): Plan {
  const objects = [...facts.objects].sort((left, right) =>
    compareRefs(left.prepared.ref, right.prepared.ref),
  );
  const early = objects.filter((object) => isEarly(stageOf(object.prepared.ref)));
  const late = objects.filter((object) => !isEarly(stageOf(object.prepared.ref)));
  const planned: Step[][] = [
    namespaceSteps(facts),
    stepsOf(early, 'namespaces'),
    stepsOf(early, 'definitions'),
    establishedStep(early),
    ...hookStages(facts.hooks, 'PreSync'),
    ...waveStages(late, facts.hooks),
  ];
  const postSync = hookStages(facts.hooks, 'PostSync');
  if (postSync.length > 0) planned.push(healthyStep(objects), ...postSync);
  return { stages: withoutIdleWaits(planned) };
}

function isEarly(stage: Stage): boolean {
  return stage === 'namespaces' || stage === 'definitions';
}

function namespaceSteps(facts: ApplicationFacts): Step[] {
  const needed = new Set<string>();
  for (const object of facts.objects) {
    const { namespace } = object.prepared.ref;
    if (facts.missingNamespaces.has(namespace) && decideObject(object) !== 'none') needed.add(namespace);
  }
  for (const hook of facts.hooks) {
    if (facts.missingNamespaces.has(hook.ref.namespace)) needed.add(hook.ref.namespace);
  }
  return [...needed].sort().map((namespace) => ({ type: 'create-namespace', namespace }));
}

function stepsOf(
  objects: readonly ObjectFacts[],
  stage: Stage,
  dependencies: Dependencies = new Map(),
): ObjectStep[] {
  return objects.flatMap((object): ObjectStep[] => {
    const { ref, key } = object.prepared;
    if (stageOf(ref) !== stage) return [];
    const type = decideObject(object);
    if (type === 'none') return [];
    // What is only compared waits for nothing.
    const after = object.permission === 'apply' ? [...(dependencies.get(key) ?? [])].sort() : [];
    return [after.length === 0 ? { type, key } : { type, key, after }];
  });
}

function establishedStep(early: readonly ObjectFacts[]): Step[] {
  const unready = early.filter(
    (object) =>
      stageOf(object.prepared.ref) === 'definitions' &&
      !object.blocked &&
      (!object.established || decideObject(object) !== 'none'),
  );
  const keys = unready.map((object) => object.prepared.key);
  return keys.length === 0 ? [] : [{ type: 'wait', until: 'established', keys }];
}

function waveStages(objects: readonly ObjectFacts[], hooks: readonly PreparedHook[]): Step[][] {
  const dependencies = findDependencies(objects.map((object) => object.prepared));
  const syncHooks = hooks.filter((hook) => hook.phases.includes('Sync'));
  const waves = new Set([
    ...objects.map((object) => object.prepared.wave),
    ...syncHooks.map((hook) => hook.wave),
  ]);
  return [...waves]
    .sort((left, right) => left - right)
    .flatMap((wave, index) => {
      const members = objects.filter((object) => object.prepared.wave === wave);
      const before = objects.filter((object) => object.prepared.wave < wave);
      // What is only compared waits for nothing.
      const isWritten =
        members.some((object) => object.permission === 'apply') ||
        syncHooks.some((hook) => hook.wave === wave);
      return [
        ...(index === 0 || !isWritten ? [] : [healthyStep(before)]),
        ...layerStages(members, dependencies),
        ...hookStages(
          syncHooks.filter((hook) => hook.wave === wave),
          'Sync',
        ),
      ];
    });
}

/** What depends on nothing first; then, layer after layer, what depends on those before it. */
function layerStages(members: readonly ObjectFacts[], dependencies: Dependencies): Step[][] {
  const keys = members.map(({ prepared }) => prepared.key);
  const layerOf = findLayers(keys, dependencies);
  const layers = Map.groupBy(members, ({ prepared }) => layerOf.get(prepared.key) ?? 0);
  return [...layers]
    .sort(([left], [right]) => left - right)
    .flatMap(([, layer]) => stages.map((stage) => stepsOf(layer, stage, dependencies)));
}

/** The hooks of one phase, wave after wave; those of one wave run together. */
export function planHooks(hooks: readonly PreparedHook[], phase: HookPhase): Plan {
  return { stages: hookStages(hooks, phase) };
}

function hookStages(hooks: readonly PreparedHook[], phase: HookPhase): Step[][] {
  const members = hooks.filter((hook) => hook.phases.includes(phase));
  const waves = [...new Set(members.map((hook) => hook.wave))].sort((left, right) => left - right);
  return waves.map((wave) => {
    const keys = members.filter((hook) => hook.wave === wave).map((hook) => hook.key);
    return keys.sort().map((key): Step => ({ type: 'hook', key, phase }));
  });
}

/** Also for what this sync applied before and mode sync leaves alone by now; what is held holds nobody. */
function healthyStep(objects: readonly ObjectFacts[]): Step[] {
  const keys = objects.filter((object) => object.permission !== 'wait').map((object) => object.prepared.key);
  return keys.length === 0 ? [] : [{ type: 'wait', until: 'healthy', keys }];
}

/** A wait that holds nothing back is dropped, and so are empty stages. */
function withoutIdleWaits(planned: readonly (readonly Step[])[]): readonly (readonly Step[])[] {
  const kept: (readonly Step[])[] = [];
  for (const steps of [...planned].reverse()) {
    const idleWait = kept.length === 0 && steps.every((step) => step.type === 'wait');
    if (steps.length > 0 && !idleWait) kept.push(steps);
  }
  return kept.reverse();
}
