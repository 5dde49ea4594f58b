import fc from 'fast-check';
import type { Json, JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { type Path, setAt } from './object-path.ts';
import { commonSpots, manifestOf, type Specimen } from './specimen.ts';

/** How one object changes, whoever sends it in whatever form. */
export type Change =
  | { readonly type: 'set'; readonly path: Path; readonly value: Json }
  | { readonly type: 'unset'; readonly path: Path }
  | { readonly type: 'insert'; readonly path: Path; readonly item: Json; readonly at: 'front' | 'back' }
  /** `index` counts round. */
  | { readonly type: 'drop'; readonly path: Path; readonly index: number }
  | { readonly type: 'reverse'; readonly path: Path };

/** How a change is sent. `apply`: only what changes, server-side; `apply-whole`: all of the object. `yields`: without force. */
export type Form = 'put' | 'merge' | 'json' | 'strategic' | 'apply' | 'apply-yields' | 'apply-whole';

/** What one writer does to one object. */
export type Act =
  | { readonly type: 'change'; readonly form: Form; readonly change: Change }
  /** To another value and back at once: another writer's last, but Git's value. */
  | { readonly type: 'there-and-back'; readonly form: Form; readonly change: Change }
  | { readonly type: 'scale'; readonly by: 'patch' | 'put'; readonly replicas: number }
  | { readonly type: 'status' }
  | { readonly type: 'wipe' }
  | { readonly type: 'marks'; readonly to: 'no-label' | 'no-tracking' | 'copied' | 'another-application' }
  /** Git's state put back by hand. */
  | { readonly type: 'restore'; readonly by: 'put' | 'apply' }
  | { readonly type: 'delete' }
  | {
      readonly type: 'recreate';
      readonly marks: 'with' | 'without';
      readonly by: 'create' | 'apply';
      readonly change: Change;
    };

export interface Edit {
  /** Which of the objects. */
  readonly target: number;
  /** Field manager. */
  readonly writer: string;
  readonly act: Act;
}

/** Edits, then a look at what is told; `synced`: then a sync, and another look. */
export interface Round {
  readonly edits: readonly Edit[];
  readonly end: 'left' | 'synced';
}

const writers: readonly string[] = [
  'kubectl-edit',
  'kubectl-patch',
  'helm',
  'flux',
  'ops-bot',
  'argocd-controller',
];
const ourName = 'fairlead';

/** Values that no specimen has of itself and every kind takes. */
const strayLabels: readonly Json[] = ['stray', 'other'];

function changeOf(specimen: Specimen): fc.Arbitrary<Change> {
  const spots = [...specimen.spots, ...specimen.spots, ...commonSpots];
  const stray: Path = ['metadata', 'labels', 'stray'];
  const set = fc.oneof(
    ...spots.map(({ path, values }) =>
      fc.constantFrom(...values).map((value): Change => ({ type: 'set', path, value })),
    ),
    fc.constantFrom(...strayLabels).map((value): Change => ({ type: 'set', path: stray, value })),
  );
  const unset = fc.constantFrom(...spots).map(({ path }): Change => ({ type: 'unset', path }));
  if (specimen.lists.length === 0) return fc.oneof({ weight: 3, arbitrary: set }, unset);
  const list = fc.constantFrom(...specimen.lists);
  const insert = list.chain(({ path, items }) =>
    fc
      .tuple(fc.constantFrom(...items), fc.constantFrom<('front' | 'back')[]>('front', 'back'))
      .map(([item, at]): Change => ({ type: 'insert', path, item, at })),
  );
  const drop = fc.tuple(list, fc.nat(3)).map(([{ path }, index]): Change => ({ type: 'drop', path, index }));
  const reverse = list.map(({ path }): Change => ({ type: 'reverse', path }));
  return fc.oneof(
    { weight: 4, arbitrary: set },
    { weight: 2, arbitrary: unset },
    { weight: 2, arbitrary: insert },
    drop,
    reverse,
  );
}

function formOf({ patches }: Specimen): fc.Arbitrary<Form> {
  const plain: readonly Form[] = ['put', 'merge', 'json', 'apply', 'apply', 'apply-yields', 'apply-whole'];
  return fc.constantFrom(...plain, ...(patches === 'strategic' ? (['strategic', 'strategic'] as const) : []));
}

function actOf(specimen: Specimen): fc.Arbitrary<Act> {
  const change = changeOf(specimen);
  const form = formOf(specimen);
  const weighted = (weight: number, arbitrary: fc.Arbitrary<Act>) => ({ weight, arbitrary });
  return fc.oneof(
    weighted(60, fc.record({ type: fc.constant('change'), form, change })),
    weighted(8, fc.record({ type: fc.constant('there-and-back'), form, change })),
    weighted(3, fc.constant({ type: 'wipe' })),
    weighted(
      5,
      fc.record({
        type: fc.constant('marks'),
        to: fc.constantFrom('no-label', 'no-tracking', 'copied', 'another-application'),
      }),
    ),
    weighted(5, fc.record({ type: fc.constant('restore'), by: fc.constantFrom('put', 'apply') })),
    weighted(4, fc.constant({ type: 'delete' })),
    weighted(
      6,
      fc.record({
        type: fc.constant('recreate'),
        marks: fc.constantFrom('with', 'without'),
        by: fc.constantFrom('create', 'apply'),
        change,
      }),
    ),
    ...(specimen.scale === undefined
      ? []
      : [
          weighted(
            8,
            fc.record({
              type: fc.constant('scale'),
              by: fc.constantFrom('patch', 'put'),
              replicas: fc.nat(4),
            }),
          ),
        ]),
    ...(specimen.status === undefined ? [] : [weighted(4, fc.constant({ type: 'status' }))]),
  );
}

/** One edit of any of the objects; several in a row often meet the same one. */
export function randomEdit(specimens: readonly Specimen[]): fc.Arbitrary<Edit> {
  const targets = specimens.map((specimen, target) =>
    fc.record({
      target: fc.constant(target),
      writer: fc.oneof({ weight: 14, arbitrary: fc.constantFrom(...writers) }, fc.constant(ourName)),
      act: actOf(specimen),
    }),
  );
  return fc.oneof(...targets);
}

export function randomRound(specimens: readonly Specimen[], edits: number): fc.Arbitrary<Round> {
  return fc.record({
    edits: fc.array(randomEdit(specimens), { minLength: edits, maxLength: edits }),
    end: fc.constantFrom('left', 'left', 'synced'),
  });
}

/** A manifest of a kind, as Git might have it: some of what may be set is, and some of each list is there. */
export function randomManifest(
  specimen: Specimen,
  name: string,
  namespace: string,
): fc.Arbitrary<KubeObject> {
  const seldom = { freq: 2, nil: undefined };
  const spots = [...commonSpots, ...specimen.spots].map(({ path, values }) =>
    fc.option(fc.constantFrom(...values), seldom).map((value) => ({ path, value })),
  );
  const lists = specimen.lists.map(({ path, items }) =>
    fc.option(fc.subarray([...items]), seldom).map((found) => {
      const value: Json | undefined = found === undefined || found.length === 0 ? undefined : found;
      return { path, value };
    }),
  );
  const from = manifestOf(specimen, name, namespace);
  return fc
    .tuple(fc.tuple(...lists), fc.tuple(...spots))
    .map(([chosenLists, chosenSpots]) =>
      [...chosenLists, ...chosenSpots].reduce<KubeObject>(
        (object, { path, value }) =>
          value === undefined ? object : (setAt(object, path, value) as KubeObject),
        from,
      ),
    );
}

/** One line for a report. */
export function describeEdit({ writer, act }: Edit, outcome: string): string {
  return `${writer} ${JSON.stringify(act as unknown as JsonObject)} -> ${outcome}`;
}
