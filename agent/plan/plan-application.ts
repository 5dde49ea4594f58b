import type { HookPhase } from '../../core/attempt.ts';
import type { Digest } from '../../core/digest.ts';
import { type Dependencies, findDependencies, findLayers } from './dependencies.ts';
import { compareRefs, type Stage, stageOf, stages } from './order.ts';
import type { PreparedHook, PreparedObject } from './prepare-application.ts';

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

/** Whether what differs may be written, is only reported, or has to wait for the end of a hold or for a window. */
export type Permission = 'apply' | 'compare' | 'wait';

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
  /** Write at once: what is live is known to be ours and unchanged, or known to be absent. */
  | { readonly type: 'apply'; readonly key: string }
  /** Read, dry-run and compare; then write only a difference, and only where that is permitted. */
  | { readonly type: 'inspect'; readonly key: string }
  /** Hold what follows until definitions are served, or until objects are healthy. */
  | { readonly type: 'wait'; readonly until: 'established' | 'healthy'; readonly keys: readonly string[] }
  | { readonly type: 'hook'; readonly key: string; readonly phase: HookPhase };

/** Steps of one stage run together; a stage starts when the one before it has ended. */
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

function stepsOf(objects: readonly ObjectFacts[], stage: Stage): Step[] {
  return objects.flatMap((object): Step[] => {
    if (stageOf(object.prepared.ref) !== stage) return [];
    const decision = decideObject(object);
    return decision === 'none' ? [] : [{ type: decision, key: object.prepared.key }];
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
      return [
        ...(index === 0 ? [] : [healthyStep(before)]),
        ...layerStages(members, dependencies),
        ...hookStages(
          syncHooks.filter((hook) => hook.wave === wave),
          'Sync',
        ),
      ];
    });
}

/** What waits for nothing first; then, layer after layer, what waits for those before it to be healthy. */
function layerStages(members: readonly ObjectFacts[], dependencies: Dependencies): Step[][] {
  const keys = members.map(({ prepared }) => prepared.key);
  const layerOf = findLayers(keys, dependencies);
  const layers = Map.groupBy(members, ({ prepared }) => layerOf.get(prepared.key) ?? 0);
  return [...layers]
    .sort(([left], [right]) => left - right)
    .flatMap(([, layer]) => [
      dependencyStep(layer, dependencies),
      ...stages.map((stage) => stepsOf(layer, stage)),
    ]);
}

function dependencyStep(layer: readonly ObjectFacts[], dependencies: Dependencies): Step[] {
  const due = layer.filter((object) => object.permission === 'apply' && decideObject(object) !== 'none');
  const keys = new Set(due.flatMap((object) => [...(dependencies.get(object.prepared.key) ?? [])]));
  return keys.size === 0 ? [] : [{ type: 'wait', until: 'healthy', keys: [...keys].sort() }];
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

function healthyStep(objects: readonly ObjectFacts[]): Step[] {
  const keys = objects.filter((object) => object.permission === 'apply').map((object) => object.prepared.key);
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
