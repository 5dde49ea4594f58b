import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readReview, type WriteFact } from '../../../agent/plan/admission-fact.ts';
import {
  changerOf,
  deleterOf,
  followTrail,
  leaveTrail,
  restTrail,
  type TrailEvent,
  type WriteTrail,
} from '../../../agent/plan/write-trail.ts';
import { digest } from '../../../core/digest.ts';
import type { KubeObject } from '../../../core/kube-object.ts';

type How = TrailEvent['how'];
type Change = Record<string, unknown>;

/** A Deployment at a version; `spec` stands for what people change in it. */
function at(version: number, spec: Change, metadata: Change = {}): KubeObject {
  const generation = typeof spec['replicas'] === 'number' ? spec['replicas'] : 1;
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', uid: 'u1', generation, ...metadata, resourceVersion: String(version) },
    spec,
  } as KubeObject;
}

function factOf(operation: string, user: string, before: KubeObject, after?: KubeObject, more: Change = {}) {
  const request = {
    uid: 'r',
    operation,
    userInfo: { username: user },
    oldObject: before,
    object: after ?? null,
    ...more,
  };
  return readReview({ request } as never, 'the-agent', digest).fact;
}

const update = (user: string, before: KubeObject, after: KubeObject): WriteFact =>
  factOf('UPDATE', user, before, after)!;
const remove = (user: string, before: KubeObject): WriteFact => factOf('DELETE', user, before)!;
const scale = (user: string, before: KubeObject, replicas: number): WriteFact =>
  factOf('UPDATE', user, before, { ...before, spec: { replicas } }, { subResource: 'scale' })!;

function follow(
  start: WriteTrail | undefined,
  facts: readonly WriteFact[],
  ...events: readonly (readonly [KubeObject, How])[]
): WriteTrail {
  let trail = start;
  for (const [object, how] of events) trail = followTrail(trail, { object, how }, facts, digest);
  return trail!;
}

const git = at(10, { replicas: 1 });
const [v11, v12, v13] = [at(11, { replicas: 2 }), at(12, { replicas: 3 }), at(13, { replicas: 4 })] as const;
const left = leaveTrail(undefined, git);
const going = at(11, { replicas: 1 }, { deletionTimestamp: '2026-11-26T10:00:00Z' });

interface Case {
  readonly what: string;
  readonly facts: readonly WriteFact[];
  readonly events: readonly (readonly [KubeObject, How])[];
  readonly person: string | undefined;
}

const changes: readonly Case[] = [
  {
    what: 'one write that one user asked for',
    facts: [update('alice', git, v11)],
    events: [[v11, 'written']],
    person: 'alice',
  },
  { what: 'a write that nobody was heard of', facts: [], events: [[v11, 'written']], person: undefined },
  {
    what: 'two writes of one user',
    facts: [update('alice', git, v11), update('alice', v11, v12)],
    events: [
      [v11, 'written'],
      [v12, 'written'],
    ],
    person: 'alice',
  },
  {
    what: 'writes of two users',
    facts: [update('alice', git, v11), update('bob', v11, v12)],
    events: [
      [v11, 'written'],
      [v12, 'written'],
    ],
    person: undefined,
  },
  {
    what: 'a write that was heard of after one that was not',
    facts: [update('bob', v11, v12)],
    events: [
      [v11, 'written'],
      [v12, 'written'],
    ],
    person: undefined,
  },
  {
    what: 'a list, which may be several writes later',
    facts: [update('alice', git, v11)],
    events: [[v11, 'listed']],
    person: undefined,
  },
  {
    what: 'two users who asked for the same at the same version',
    facts: [update('alice', git, v11), update('bob', git, v11)],
    events: [[v11, 'written']],
    person: undefined,
  },
  {
    what: 'one user who asked twice for the same',
    facts: [update('alice', git, v11), update('alice', git, v11)],
    events: [[v11, 'written']],
    person: 'alice',
  },
  {
    what: 'what was refused to one and done by another',
    facts: [update('alice', git, v13), update('bob', git, v11)],
    events: [[v11, 'written']],
    person: 'bob',
  },
  {
    what: 'what was refused to one and done by another who was not heard of',
    facts: [update('alice', git, v13)],
    events: [[v11, 'written']],
    person: undefined,
  },
  { what: 'a scale', facts: [scale('alice', git, 2)], events: [[v11, 'written']], person: 'alice' },
  {
    what: 'a scale to another number',
    facts: [scale('alice', git, 7)],
    events: [[v11, 'written']],
    person: undefined,
  },
  {
    what: 'status that moves between two versions of one user',
    facts: [update('alice', at(11, { replicas: 1 }), v12)],
    events: [
      [at(11, { replicas: 1 }), 'written'],
      [v12, 'written'],
    ],
    person: 'alice',
  },
  {
    what: 'another object of the same name',
    facts: [update('alice', git, v11)],
    events: [[at(11, { replicas: 2 }, { uid: 'u2' }), 'written']],
    person: undefined,
  },
  {
    what: 'an object that the watch lost sight of',
    facts: [update('alice', git, v11), scale('alice', git, 2)],
    events: [
      [git, 'deleted'],
      [v11, 'written'],
    ],
    person: undefined,
  },
];

describe('who changed an object', () => {
  it.each(changes)('is $person for $what', ({ facts, events, person }) => {
    const trail = follow(left, facts, ...events);
    expect(changerOf(trail, events.at(-1)![0].metadata.resourceVersion)).toBe(person);
  });

  it('is not said of a version whose event has not come, and is said once it has', () => {
    const facts = [update('alice', git, v11)];
    expect(changerOf(left, '11')).toBeUndefined();
    expect(changerOf(follow(left, facts, [v11, 'written']), '11')).toBe('alice');
  });

  it('is judged by the writes up to the version that was looked at', () => {
    const facts = [update('alice', git, v11), update('bob', v11, v12)];
    const trail = follow(left, facts, [v11, 'written'], [v12, 'written']);
    expect(changerOf(trail, '11')).toBe('alice');
  });

  it('forgets who wrote before it was as it should be again, and no one after', () => {
    const facts = [update('alice', git, v11), update('bob', v11, v12)];
    const trail = follow(left, facts, [v11, 'written'], [v12, 'written']);
    expect(changerOf(restTrail(trail, '11')!, '12')).toBe('bob');
    expect(changerOf(leaveTrail(trail, v11), '12')).toBe('bob');
    expect(changerOf(leaveTrail(trail, v12), '12')).toBeUndefined();
  });

  it('is nobody of an object that was there before the agent', () => {
    const facts = [update('alice', git, v11)];
    expect(changerOf(follow(undefined, facts, [git, 'listed'], [v11, 'written']), '11')).toBeUndefined();
  });
});

describe('who deleted an object', () => {
  const gone = (trail: WriteTrail, ...facts: readonly WriteFact[]) => deleterOf(trail, facts);

  it('is who asked for it at its last version', () => {
    expect(gone(left, remove('alice', git))).toBe('alice');
    expect(gone(left, remove('alice', at(9, {})))).toBeUndefined();
    expect(gone(left, update('alice', git, v11))).toBeUndefined();
    expect(gone(left, remove('alice', git), remove('bob', git))).toBeUndefined();
  });

  it('is who began it, whoever removes finalizers or deletes again later', () => {
    const facts = [remove('alice', git)];
    const begun = follow(left, facts, [going, 'written']);
    const later = [...facts, remove('bob', going), update('bob', going, { ...going, spec: {} })];
    const unfinalized = at(
      12,
      { replicas: 1 },
      { deletionTimestamp: '2026-11-26T10:00:00Z', finalizers: [] },
    );
    expect(gone(follow(begun, later, [unfinalized, 'written'], [unfinalized, 'deleted']), ...later)).toBe(
      'alice',
    );
  });

  it('is nobody where its beginning was not heard of, though somebody deletes it again', () => {
    const begun = follow(left, [], [going, 'written']);
    expect(gone(begun, remove('bob', going))).toBeUndefined();
    expect(gone(follow(undefined, [], [going, 'listed']), remove('bob', going))).toBeUndefined();
  });
});

describe('any course of writes', () => {
  const person = fc.constantFrom('alice', 'bob', 'carol');
  const step = fc.record({
    user: person,
    heard: fc.boolean(),
    // Somebody who asks at the same version and is refused, for the same content or another.
    rival: fc.option(fc.record({ user: person, same: fc.boolean() }), { nil: undefined }),
    how: fc.constantFrom<How>('written', 'written', 'written', 'listed'),
    status: fc.boolean(),
  });

  it('never names a person who did not make all of it', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
        const facts: WriteFact[] = [];
        let [trail, live] = [left, git];
        for (const [index, { user, heard, rival, how, status }] of steps.entries()) {
          const number = Number(live.metadata.resourceVersion);
          const spec = live['spec'] as Change;
          if (status) {
            live = at(number + 1, spec);
            trail = follow(trail, facts, [live, 'written']);
          }
          const next = at(number + 2, { replicas: index + 2 });
          if (heard) facts.push(update(user, live, next));
          if (rival !== undefined)
            facts.push(
              update(rival.user, live, rival.same && heard ? next : at(number + 2, { replicas: 99 })),
            );
          live = next;
          trail = follow(trail, facts, [live, how]);
        }
        const named = changerOf(trail, live.metadata.resourceVersion);
        if (named !== undefined) expect(new Set(steps.map(({ user }) => user))).toEqual(new Set([named]));
        const isPlain = steps.every(
          ({ heard, rival, how }) => heard && rival === undefined && how === 'written',
        );
        if (isPlain && new Set(steps.map(({ user }) => user)).size === 1) expect(named).toBe(steps[0]?.user);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a review', () => {
  const seal = digest;
  const review = (request: Change) => readReview({ request } as never, 'the-agent', seal);
  const asked = {
    uid: 'r1',
    operation: 'UPDATE',
    userInfo: { username: 'alice' },
    oldObject: git,
    object: v11,
  };

  it('leaves no word of the object in what is remembered', () => {
    const secret = at(11, { token: 'hunter2-hunter2' });
    const { fact } = review({ ...asked, object: secret });
    expect(JSON.stringify(fact)).not.toContain('hunter2');
    expect(Object.keys(fact ?? {}).sort()).toEqual(['after', 'before', 'operation', 'uid', 'user']);
  });

  it.each([
    ['a dry-run', { dryRun: true }],
    ['the agent itself', { userInfo: { username: 'the-agent' } }],
    ['a creation', { operation: 'CREATE' }],
    ['status', { subResource: 'status' }],
    ['no object before', { oldObject: null }],
    ['no user', { userInfo: {} }],
  ])('of %s is answered and not remembered', (_what, change) => {
    expect(review({ ...asked, ...change })).toEqual({ uid: 'r1' });
  });

  it('that is none at all is answered too', () => {
    for (const body of [undefined, null, [], 'text', { request: 7 }, { request: { oldObject: [] } }])
      expect(readReview(body, undefined, seal)).toEqual({ uid: '' });
  });

  it('keeps nothing in a name that would steer a terminal, and no endless name', () => {
    expect(review({ ...asked, userInfo: { username: 'a\u001b[31mb' } }).fact?.user).toBe('a�[31mb');
    expect(review({ ...asked, userInfo: { username: 'x'.repeat(9999) } }).fact?.user).toHaveLength(253);
  });
});
