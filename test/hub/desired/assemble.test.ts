import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeDesired } from '../../../core/desired.ts';
import type { Gate } from '../../../core/gate.ts';
import type { Head } from '../../../core/head.ts';
import { type Assembled, assemble, removalKey } from '../../../hub/desired/assemble.ts';
import type { Departure } from '../../../hub/desired/decommission.ts';
import { seal } from '../../../hub/desired/desired-application.ts';
import type { ApplicationFacts, Outcome } from '../../../hub/desired/outcome.ts';
import type { ApplicationRecord } from '../../../hub/ports.ts';

const key = new Uint8Array(32);
const gate: Gate = { kind: 'refusal', reason: 'project platform does not allow it', remedy: 'Ask its owner' };

function facts(application: string, change: Partial<ApplicationFacts> = {}): ApplicationFacts {
  return {
    application,
    name: application,
    project: 'platform',
    cluster: 'staging',
    environment: 'staging',
    namespace: 'payments',
    mode: 'heal',
    repoURL: 'https://git.example.com/config.git',
    targetRevision: 'main',
    path: 'apps',
    location: { file: 'applications/a.yaml', line: 1 },
    deletesOnRemoval: false,
    ...change,
  };
}

function commit(id: string) {
  return { id, author: 'm.ortiz', committedAt: '2026-11-01T10:00:00Z', subject: 'change' };
}

function allowed(application: string, content: string, change: Partial<ApplicationFacts> = {}): Outcome {
  return {
    type: 'allowed',
    facts: facts(application, change),
    gates: [],
    content: {
      commit: commit(content),
      renderKey: content,
      inputs: content,
      digest: content,
      objectsDigest: content,
    },
  };
}

const problem = { code: 'yaml-syntax', message: 'it is no YAML', location: { file: 'apps/x.yaml', line: 3 } };

interface State {
  readonly records: ReadonlyMap<string, ApplicationRecord>;
  readonly heads: ReadonlyMap<string, Head>;
}

/** Those that have a document. */
const clusters = new Set(['staging', 'prod']);

const nothing: State = { records: new Map(), heads: new Map() };

function run(
  state: State,
  outcomes: readonly Outcome[],
  finished: readonly string[] = [],
  departures: ReadonlyMap<string, Departure> = new Map(),
): State & Assembled {
  const assembled = assemble({
    previous: state.records,
    heads: state.heads,
    outcomes,
    finishedRemovals: new Set(finished),
    departures,
    clusters,
    seal: (desired) => seal(key, desired),
  });
  const records = new Map(state.records);
  for (const record of assembled.applications) records.set(record.application, record);
  for (const application of assembled.removedApplications) records.delete(application);
  return { ...assembled, records, heads: new Map([...state.heads, ...assembled.heads]) };
}

function entries(state: State, cluster = 'staging'): Record<string, string> {
  return Object.fromEntries(state.heads.get(cluster)?.entries ?? []);
}

describe('assembling a pass', () => {
  it('puts what is allowed into the head of its cluster, and counts one generation', () => {
    const state = run(nothing, [allowed('a', '1'), allowed('b', '2', { cluster: 'prod' })]);
    expect(entries(state)).toEqual({ a: '1' });
    expect(entries(state, 'prod')).toEqual({ b: '2' });
    expect(state.heads.get('prod')?.generation).toBe(1);
  });

  it('changes nothing and counts no generation when the same is found again', () => {
    const state = run(nothing, [allowed('a', '1')]);
    const again = assemble({
      previous: state.records,
      heads: state.heads,
      outcomes: [allowed('a', '1')],
      finishedRemovals: new Set(),
      departures: new Map(),
      clusters,
      seal: (desired) => seal(key, desired),
    });
    const nothingNew = { applications: [], removedApplications: [], heads: new Map(), blobs: new Map() };
    expect(again).toEqual({ ...nothingNew, departed: [] });
  });

  it('keeps the commit that brought the content, not the newest one that left it alone', () => {
    const state = run(nothing, [allowed('a', '1')]);
    const outcome = allowed('a', '1') as Extract<Outcome, { type: 'allowed' }>;
    const later: Outcome = { ...outcome, content: { ...outcome.content, commit: commit('later') } };
    expect(run(state, [later]).records.get('a')?.commit?.id).toBe('1');
  });

  it('leaves a frozen application exactly as it was, with the reason as a gate', () => {
    const state = run(nothing, [allowed('a', '1')]);
    const changed = facts('a', { mode: 'observe', cluster: 'prod' });
    const frozen = run(state, [{ type: 'frozen', application: 'a', facts: changed, problems: [problem] }]);
    expect(frozen.heads).toEqual(state.heads);
    const record = frozen.records.get('a');
    expect(record).toMatchObject({ mode: 'heal', cluster: 'staging', digest: '1', problems: [problem] });
    expect(record?.gates[0]).toMatchObject({ kind: 'frozen', location: { file: 'apps/x.yaml', line: 3 } });
  });

  it('leaves an application frozen whose document cannot be read at all', () => {
    const state = run(nothing, [allowed('a', '1')]);
    const frozen = run(state, [{ type: 'frozen', application: 'a', problems: [problem] }]);
    expect(entries(frozen)).toEqual({ a: '1' });
    expect(run(frozen, [allowed('a', '1')]).records.get('a')?.gates).toEqual([]);
  });

  it('never sends a refused application', () => {
    const state = run(nothing, [{ type: 'refused', facts: facts('a'), gate }]);
    expect(state.heads.size).toBe(0);
    expect(state.records.get('a')).toMatchObject({ gates: [gate] });
    expect(state.records.get('a')?.digest).toBeUndefined();
  });

  it('freezes what runs when a refusal newly hits it, also when it names another cluster now', () => {
    const state = run(nothing, [allowed('a', '1')]);
    for (const cluster of ['staging', 'prod', '']) {
      const refused = run(state, [{ type: 'refused', facts: facts('a', { cluster }), gate }]);
      expect(entries(refused)).toEqual({ a: '1' });
      expect(entries(refused, 'prod')).toEqual({});
      expect(refused.records.get('a')).toMatchObject({ digest: '1', cluster: 'staging', gates: [gate] });
    }
  });

  it('does not take the content that a refusal kept for the content that was refused', () => {
    const state = run(nothing, [allowed('a', '1')]);
    const refused = run(state, [{ type: 'refused', facts: facts('a'), gate, inputs: '2' }]);
    expect(refused.records.get('a')).toMatchObject({
      inputs: '1',
      digest: '1',
      refusal: { inputs: '2', gate },
    });
    const frozen = run(refused, [{ type: 'frozen', application: 'a', problems: [problem] }]);
    expect(frozen.records.get('a')).toMatchObject({ inputs: '1', digest: '1' });
  });

  it.each([
    [true, 'delete'],
    [false, 'release'],
  ] as const)(
    'with finalizer %s, an application that left Git is to be %sd until its agent is done',
    (deletesOnRemoval, removal) => {
      const state = run(nothing, [allowed('a', '1', { deletesOnRemoval })]);
      const removed = run(state, []);
      const digest = entries(removed)['a'] ?? '';
      const bytes = removed.blobs.get(digest);
      expect(bytes === undefined ? undefined : decodeDesired(bytes)).toMatchObject({
        removal,
        manifests: [],
      });
      expect(removed.records.get('a')).toMatchObject({ removal });
      expect(run(removed, []).heads.get('staging')?.generation).toBe(2);
      const done = run(removed, [], [removalKey('staging', 'a')]);
      expect(entries(done)).toEqual({});
      expect(done.records.has('a')).toBe(false);
    },
  );

  it('takes an application back that returns to Git while it is being removed', () => {
    const removed = run(run(nothing, [allowed('a', '1')]), []);
    const back = run(removed, [allowed('a', '1')]);
    expect(entries(back)).toEqual({ a: '1' });
    expect(back.records.get('a')?.removal).toBeUndefined();
  });

  it('brakes a commit that would delete most applications of a cluster, and nothing else', () => {
    const names = Array.from({ length: 12 }, (_, index) => `a${index}`);
    const deleted = { deletesOnRemoval: true };
    const all = [
      ...names.map((name) => allowed(name, name, deleted)),
      ...names.map((name) => allowed(`${name}-kept`, name, { cluster: 'prod' })),
    ];
    const before = run(nothing, all);
    const braked = run(before, []);
    expect(entries(braked)).toEqual(entries(before));
    expect(braked.records.get('a0')?.gates).toMatchObject([
      { kind: 'brake', reason: expect.stringContaining('12 of the 12 applications on cluster staging') },
    ]);
    expect(braked.records.get('a0-kept')?.removal).toBe('release');
    const again = run(braked, []);
    expect(entries(again)).toEqual(entries(before));
    const half = run(again, all.slice(6));
    expect([...half.records.values()].filter(({ removal }) => removal === 'delete')).toHaveLength(6);
    expect(half.records.get('a11')).toMatchObject({ gates: [] });
  });

  it('forgets at once an application that never ran', () => {
    const state = run(nothing, [{ type: 'refused', facts: facts('a'), gate }]);
    expect(run(state, []).records.size).toBe(0);
  });

  it('releases an application on the cluster that it moved away from, until that agent is done', () => {
    const state = run(nothing, [allowed('a', '1')]);
    const moved = run(state, [allowed('a', '1', { cluster: 'prod' })]);
    expect(entries(moved, 'prod')).toEqual({ a: '1' });
    const bytes = moved.blobs.get(entries(moved)['a'] ?? '');
    expect(bytes === undefined ? undefined : decodeDesired(bytes)).toMatchObject({ removal: 'release' });
    const done = run(moved, [allowed('a', '1', { cluster: 'prod' })], [removalKey('staging', 'a')]);
    expect(entries(done)).toEqual({});
    expect(entries(done, 'prod')).toEqual({ a: '1' });
  });

  it('does not depend on the order of outcomes, and settles after one pass', () => {
    const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'));
    const clusters = fc.constantFrom('dev', 'staging', 'prod');
    const outcome = (application: string): fc.Arbitrary<Outcome> =>
      fc.oneof(
        fc
          .tuple(fc.constantFrom('1', '2'), clusters)
          .map(([content, cluster]) => allowed(application, content, { cluster })),
        clusters.map(
          (cluster): Outcome => ({ type: 'refused', facts: facts(application, { cluster }), gate }),
        ),
        fc.constant<Outcome>({ type: 'frozen', application, problems: [problem] }),
      );
    const passes = fc.array(
      names.chain((applications) => fc.tuple(...applications.map(outcome)) as fc.Arbitrary<Outcome[]>),
      { minLength: 1, maxLength: 4 },
    );
    fc.assert(
      fc.property(passes, (list) => {
        let state: State = nothing;
        for (const outcomes of list) {
          const forward = run(state, outcomes);
          const backward = run(state, outcomes.toReversed());
          expect(backward.heads).toEqual(forward.heads);
          expect(new Map([...backward.records].sort())).toEqual(new Map([...forward.records].sort()));
          expect(run(forward, outcomes).heads).toEqual(forward.heads);
          // What ran before is still in some head: only an agent's word that a removal is done ends it.
          for (const head of state.heads) {
            for (const application of head[1].entries.keys()) {
              expect(forward.heads.get(head[0])?.entries.has(application)).toBe(true);
            }
          }
          state = forward;
        }
      }),
    );
  });
});
