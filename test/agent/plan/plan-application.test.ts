import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ApplicationFacts,
  decideObject,
  type LiveFact,
  type ObjectFacts,
  planApplication,
} from '../../../agent/plan/plan-application.ts';
import type { PreparedHook } from '../../../agent/plan/prepare-application.ts';
import type { PreparedObject } from '../../../agent/plan/prepared-object.ts';
import { unprotected } from '../../../agent/plan/prune-protection.ts';
import { formatRef, type ObjectRef } from '../../../core/object-ref.ts';

function prepared(ref: ObjectRef, wave = 0): PreparedObject {
  const object = { apiVersion: 'v1', kind: ref.kind, metadata: { name: ref.name } };
  const identity = { key: formatRef(ref), ref, apiVersion: 'v1', annotations: {} };
  return { ...identity, object, digest: 'new', wave, protections: unprotected };
}

function facts(object: PreparedObject, live: LiveFact, more: Partial<ObjectFacts> = {}): ObjectFacts {
  return { prepared: object, live, permission: 'apply', blocked: false, established: true, ...more };
}

const kinds = [
  ['', 'Namespace'],
  ['apiextensions.k8s.io', 'CustomResourceDefinition'],
  ['', 'ConfigMap'],
  ['apps', 'Deployment'],
  ['test.example', 'Gauge'],
  ['admissionregistration.k8s.io', 'ValidatingWebhookConfiguration'],
] as const;

const anyObject = fc
  .record({
    kind: fc.constantFrom(...kinds),
    name: fc.stringMatching(/^[a-z]{1,3}$/),
    wave: fc.integer({ min: -1, max: 2 }),
    live: fc.constantFrom<LiveFact>('unknown', 'absent', 'at-baseline', 'drifted', 'terminating'),
    applied: fc.constantFrom('old', 'new'),
    permission: fc.constantFrom('apply' as const, 'compare' as const, 'wait' as const),
    blocked: fc.boolean(),
    established: fc.boolean(),
  })
  .map(({ kind: [group, kind], name, wave, live, ...more }) =>
    facts(prepared({ group, kind, namespace: '', name }, wave), live, more),
  );

const anyHook = fc
  .record({
    name: fc.stringMatching(/^[a-z]{1,3}$/),
    phase: fc.constantFrom('PreSync' as const, 'Sync' as const, 'PostSync' as const),
  })
  .map(({ name, phase }): PreparedHook => {
    const ref = { group: 'batch', kind: 'Job', namespace: 'x', name };
    const { key, object } = prepared(ref);
    return { key, ref, object, phases: [phase], deletePolicies: [], wave: 0 };
  });

const anyFacts = fc
  .record({
    objects: fc.uniqueArray(anyObject, { selector: (object) => object.prepared.key }),
    hooks: fc.uniqueArray(anyHook, { selector: (hook) => hook.key }),
  })
  .map((found): ApplicationFacts => ({ ...found, missingNamespaces: new Set() }));

describe('planApplication', () => {
  it('has nothing left to do after it was carried out', () => {
    fc.assert(
      fc.property(anyFacts, (before) => {
        const steps = planApplication(before).stages.flat();
        const keys = new Set(steps.flatMap((step) => ('key' in step ? [step.key] : [])));
        const objects = before.objects.map((object) => {
          if (!keys.has(object.prepared.key)) return object;
          return object.permission === 'apply'
            ? { ...object, live: 'at-baseline' as const, applied: 'new', established: true }
            : { ...object, live: 'drifted' as const };
        });
        const hooks = before.hooks.filter((hook) => !keys.has(hook.key));
        expect(planApplication({ ...before, objects, hooks }).stages).toEqual([]);
      }),
    );
  });

  it('does not depend on the order of its input', () => {
    fc.assert(
      fc.property(anyFacts, (found) => {
        const turned = { ...found, objects: [...found.objects].reverse(), hooks: [...found.hooks].reverse() };
        expect(planApplication(turned)).toEqual(planApplication(found));
      }),
    );
  });

  it('never writes for an object that is only compared or held, nor touches one whose next try is not due', () => {
    fc.assert(
      fc.property(anyObject, (object) => {
        const decision = decideObject(object);
        if (object.permission !== 'apply') expect(decision).not.toBe('apply');
        if (object.permission === 'wait' && object.applied !== object.prepared.digest)
          expect(decision).toBe('none');
        if (object.blocked) expect(decision).toBe('none');
      }),
    );
  });

  it('puts namespaces and definitions first, waits for the definitions, and puts interceptors last', () => {
    const objects = [...kinds]
      .reverse()
      .map(([group, kind]) => facts(prepared({ group, kind, namespace: '', name: 'a' }), 'absent'));
    const order = planApplication({ objects, hooks: [], missingNamespaces: new Set() }).stages.map((stage) =>
      stage.map((step) => ('key' in step ? step.key.split(':')[0] : step.type)),
    );
    expect(order).toEqual([
      ['/Namespace'],
      ['apiextensions.k8s.io/CustomResourceDefinition'],
      ['wait'],
      ['/ConfigMap'],
      ['apps/Deployment', 'test.example/Gauge'],
      ['admissionregistration.k8s.io/ValidatingWebhookConfiguration'],
    ]);
  });

  it('waits for an earlier wave that is applied and left alone by now, as in mode sync, before it writes a later one', () => {
    const ref = (name: string): ObjectRef => ({ group: 'apps', kind: 'Deployment', namespace: 'x', name });
    const before = facts(prepared(ref('before'), 0), 'at-baseline', {
      applied: 'new',
      permission: 'compare',
    });
    const held = facts(prepared(ref('held'), 0), 'at-baseline', { applied: 'new', permission: 'wait' });
    const after = facts(prepared(ref('after'), 1), 'absent');
    const { stages } = planApplication({
      objects: [before, held, after],
      hooks: [],
      missingNamespaces: new Set(),
    });
    expect(stages).toEqual([
      [{ type: 'wait', until: 'healthy', keys: [before.prepared.key] }],
      [{ type: 'apply', key: after.prepared.key }],
    ]);
  });

  it('makes a missing namespace only where an object needs it', () => {
    const object = prepared({ group: '', kind: 'ConfigMap', namespace: 'shop', name: 'a' });
    const missingNamespaces = new Set(['shop']);
    const plan = (live: LiveFact) =>
      planApplication({ objects: [facts(object, live, { applied: 'new' })], hooks: [], missingNamespaces })
        .stages;
    expect(plan('absent')[0]).toEqual([{ type: 'create-namespace', namespace: 'shop' }]);
    expect(plan('at-baseline')).toEqual([]);
  });
});
