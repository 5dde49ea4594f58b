import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { carryOutPlan, type StepContext, type StepObject } from '../../../agent/engine/application-steps.ts';
import { dependsOnAnnotation } from '../../../agent/plan/dependencies.ts';
import { planApplication } from '../../../agent/plan/plan-application.ts';
import type { PreparedObject } from '../../../agent/plan/prepared-object.ts';
import { unprotected } from '../../../agent/plan/prune-protection.ts';
import type { KubePort } from '../../../agent/ports.ts';
import { formatRef, type ObjectRef } from '../../../core/object-ref.ts';

/** What becomes of an object once it is applied. */
type Outcome = 'Healthy' | 'Progressing' | 'fails';

interface Member {
  readonly prepared: PreparedObject;
  readonly outcome: Outcome;
  /** Keys of what it depends on. */
  readonly on: readonly string[];
}

const kinds = [
  ['v1', '', 'ConfigMap'],
  ['apps/v1', 'apps', 'Deployment'],
  ['test.example/v1', 'test.example', 'Gauge'],
  ['apiregistration.k8s.io/v1', 'apiregistration.k8s.io', 'APIService'],
] as const;

interface Drawn {
  readonly kind: (typeof kinds)[number];
  readonly wave: number;
  readonly outcome: Outcome;
  /** Which of those before it in the list it depends on. */
  readonly on: readonly number[];
}

const anyMembers = fc
  .array(
    fc.record({
      kind: fc.constantFrom(...kinds),
      wave: fc.constantFrom(0, 0, 0, 1),
      outcome: fc.constantFrom<Outcome>('Healthy', 'Healthy', 'Progressing', 'fails'),
      on: fc.array(fc.nat({ max: 11 }), { maxLength: 3 }),
    }),
    { minLength: 4, maxLength: 12 },
  )
  .map(membersOf);

function membersOf(drawn: readonly Drawn[]): readonly Member[] {
  const refs = drawn.map(
    ({ kind: [, group, kind] }, index): ObjectRef => ({ group, kind, namespace: 'x', name: `o${index}` }),
  );
  return drawn.map(({ kind: [apiVersion], wave, outcome, on }, index) => {
    const before = [...new Set(on)].filter((other) => other < index && (drawn[other]?.wave ?? 9) <= wave);
    const wanted = before.flatMap((other) => refs[other] ?? []);
    const ref = refs[index] ?? refs[0]!;
    const names = wanted.map(({ group, kind, name }) => `${group}/namespaces/x/${kind}/${name}`);
    const annotations: Record<string, string> =
      names.length === 0 ? {} : { [dependsOnAnnotation]: names.join(',') };
    const object = { apiVersion, kind: ref.kind, metadata: { name: ref.name, namespace: 'x', annotations } };
    const identity = { key: formatRef(ref), ref, apiVersion, annotations };
    const prepared = { ...identity, object, digest: 'new', wave, protections: unprotected };
    return { prepared, outcome, on: wanted.map(formatRef) };
  });
}

/** One pass over objects of which none is there yet. */
async function carryOut(members: readonly Member[]) {
  const applied = new Set<string>();
  const objects = new Map(members.map((member) => [member.prepared.key, stepObject(member, applied)]));
  const context: StepContext = {
    // No step here asks the API server.
    services: { kube: {} as unknown as KubePort, knownNamespaces: new Set() },
    objects,
    hooks: { isHeld: () => false, carryOut: () => 'done' },
    isCurrent: () => true,
  };
  const facts = members.map(({ prepared }) => ({
    prepared,
    live: 'absent' as const,
    permission: 'apply' as const,
    blocked: false,
    established: true,
  }));
  const plan = planApplication({ objects: facts, hooks: [], missingNamespaces: new Set() });
  return { result: await carryOutPlan(plan, context), applied };
}

function stepObject({ prepared: { key, ref }, outcome }: Member, applied: Set<string>): StepObject {
  return {
    ref,
    get health() {
      if (!applied.has(key) || outcome === 'fails') return undefined;
      return { status: outcome, message: '' };
    },
    trouble: {
      get isOpen() {
        return applied.has(key) && outcome === 'fails';
      },
    },
    settle: () => {
      applied.add(key);
      return Promise.resolve();
    },
  };
}

function isFree(member: Member, members: readonly Member[]): boolean {
  return member.on.every((key) => {
    const before = members.find(({ prepared }) => prepared.key === key);
    return before !== undefined && before.outcome === 'Healthy' && isFree(before, members);
  });
}

describe('carrying out a plan', () => {
  it('delays an object by nothing of its wave but what it depends on, and a wave by all before it', async () => {
    await fc.assert(
      fc.asyncProperty(anyMembers, async (members) => {
        const { applied } = await carryOut(members);
        const expected = members.filter((member) => {
          const earlier = members.filter(({ prepared }) => prepared.wave < member.prepared.wave);
          const isOpen = earlier.every((each) => each.outcome === 'Healthy' && isFree(each, members));
          return isOpen && isFree(member, members);
        });
        expect([...applied].sort()).toEqual(expected.map(({ prepared }) => prepared.key).sort());
      }),
      { numRuns: 300 },
    );
  });

  it('waits as long as anything may go on by itself, and fails only by what failed', async () => {
    const config = { kind: kinds[0], wave: 0 };
    const held = membersOf([
      { ...config, outcome: 'Progressing', on: [] },
      { ...config, outcome: 'Healthy', on: [0] },
      { ...config, outcome: 'fails', on: [] },
      { ...config, outcome: 'Healthy', on: [2] },
    ]);
    expect((await carryOut(held)).result).toBe('waiting');
    expect((await carryOut(held.slice(2))).result).toBe('failed');
    const free = held.map((member): Member => ({ ...member, outcome: 'Healthy' }));
    expect((await carryOut(free)).result).toBe('done');
  });
});
