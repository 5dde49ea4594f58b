import type { Json } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { nameOf, type Tools } from '../support/kubectl.ts';
import { textOf } from './field-path.ts';
import { type Spot, spotsOf } from './spots.ts';
import { type Harmless, harmless, type Verb, verbs } from './verbs.ts';

/** The one field that a drift has to tell. */
export interface ToldField {
  readonly path: string;
  /** Absent for a Secret, whose values are hidden. */
  readonly desired?: Json;
  /** Absent for a Secret too, and where the field is gone. */
  readonly live?: Json;
  /** `manager operation subresource`; of what is gone the writer may be unknown instead. */
  readonly writer: string;
  readonly leaves: Verb['leaves'];
}

/** What somebody does to one object by hand, in one write. */
export interface Edit {
  readonly object: KubeObject;
  /** Such as `kubectl set image`. */
  readonly verb: string;
  readonly told: 'nothing' | 'missing' | ToldField;
  readonly act: (tools: Tools) => Promise<unknown>;
}

/** Chooses; the one thing that is random. */
export interface Dice {
  /** From 0 on, below 1. */
  readonly random: () => number;
  /** How often each verb was chosen so far: the one that was chosen least is next, so that all are. */
  readonly uses: Map<string, number>;
}

/** Without these a cluster can't be put in order again: all in a namespace goes with it, and what holds data never comes back. */
const kept: ReadonlySet<string> = new Set(['Namespace', 'PersistentVolumeClaim']);

/** Of objects that each are edited once: this many in a way that is a drift, all others in one that isn't. */
export function chooseEdits(objects: readonly KubeObject[], drifts: number, dice: Dice): readonly Edit[] {
  return shuffle(objects, dice).map((object, index) => {
    const spots = spotsOf(object, 10 + Math.floor(dice.random() * 80));
    return index < drifts ? drifting(object, spots, dice) : passing(object, spots, dice);
  });
}

function drifting(object: KubeObject, spots: readonly Spot[], dice: Dice): Edit {
  const deletion = kept.has(object.kind) ? [] : [{ name: `kubectl delete ${object.kind}` }];
  const verb = leastUsed<Verb | { readonly name: string }>(
    [...verbs.filter((each) => spots.some(each.fits)), ...deletion],
    dice,
  );
  const name = nameOf(object);
  if (!('fits' in verb))
    return { object, verb: verb.name, told: 'missing', act: (tools) => tools.delete(name) };
  const spot = pick(spots.filter(verb.fits), dice);
  return {
    object,
    verb: verb.name,
    told: toldOf(object, verb, spot),
    act: (tools) => verb.act(tools, name, spot, object),
  };
}

function toldOf(object: KubeObject, { leaves, writer }: Verb, spot: Spot): ToldField {
  const isItem = leaves === 'nothing' && typeof spot.steps.at(-2) === 'object';
  const base = { path: textOf(isItem ? spot.steps.slice(0, -1) : spot.steps), writer, leaves };
  if (object.kind === 'Secret' || isItem) return base;
  return { ...base, desired: spot.git, ...(leaves === 'value' ? { live: spot.value } : {}) };
}

function passing(object: KubeObject, spots: readonly Spot[], dice: Dice): Edit {
  const spot = spots.length === 0 ? undefined : pick(spots, dice);
  const way = leastUsed<Harmless>(
    harmless.filter((each) => each.fits(object, spot)),
    dice,
  );
  return { object, verb: way.name, told: 'nothing', act: (tools) => way.act(tools, object, spot) };
}

/**
 * What may be done to an object that drifts already, and changes nothing of its drift; none where it is gone. It is done
 * by whoever made the drift: managed fields say then that all of theirs was written now, which is no news of the drift.
 */
export function chooseSequel({ object, told }: Edit, dice: Dice): readonly Edit[] {
  if (told === 'missing') return [];
  const ways = harmless.filter(({ after, fits }) => after === 'harmless' && fits(object, undefined));
  const way = leastUsed<Harmless>(ways, dice);
  const manager = told === 'nothing' ? undefined : told.writer.split(' ')[0];
  const act = (tools: Tools) => way.act(tools, object, undefined, manager);
  return [{ object, verb: way.name, told: 'nothing', act }];
}

function leastUsed<T extends { readonly name: string }>(from: readonly T[], { random, uses }: Dice): T {
  const least = Math.min(...from.map(({ name }) => uses.get(name) ?? 0));
  const chosen = pick(
    from.filter(({ name }) => (uses.get(name) ?? 0) === least),
    { random },
  );
  uses.set(chosen.name, least + 1);
  return chosen;
}

function pick<T>(from: readonly T[], { random }: Pick<Dice, 'random'>): T {
  return from[Math.floor(random() * from.length)] as T;
}

function shuffle<T>(all: readonly T[], { random }: Dice): readonly T[] {
  return all
    .map((one) => [random(), one] as const)
    .sort(([left], [right]) => left - right)
    .map(([, one]) => one);
}

/** For a message: `kubectl set image of Deployment dev/backend: spec.template.spec.containers[name=backend].image`. */
export function describeEdit({ object, verb, told }: Edit): string {
  const { name, namespace = '' } = object.metadata;
  const what = typeof told === 'string' ? told : told.path;
  return `${verb} of ${object.kind} ${namespace}/${name}: ${what}`;
}
