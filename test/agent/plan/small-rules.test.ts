import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { retryDelayMs } from '../../../agent/plan/back-off.ts';
import { resolveClaim } from '../../../agent/plan/claims.ts';
import { baselineOf, isOlder, isStatusOnly, judgeLive } from '../../../agent/plan/judge-live.ts';
import { maskFields, maskMessage } from '../../../agent/plan/mask-secrets.ts';
import { lastAppliedAnnotation } from '../../../agent/plan/normalize-object.ts';
import { protectionsOf } from '../../../agent/plan/prune-protection.ts';
import {
  indexResources,
  isNamespaced,
  resolveKind,
  resolveVersion,
} from '../../../agent/plan/resource-index.ts';
import { digest } from '../../../core/digest.ts';
import type { KubeObject } from '../../../core/kube-object.ts';
import { partOf, trackingId } from '../../../core/tracking.ts';

describe('retryDelayMs', () => {
  it('grows to five minutes, keeps half of its span, and honours the server', () => {
    expect(retryDelayMs('soon', 1, 0)).toBe(500);
    expect(retryDelayMs('soon', 1, 0.999)).toBe(1_000);
    expect(retryDelayMs('soon', 4, 0)).toBe(4_000);
    expect(retryDelayMs('soon', 50, 0.999)).toBe(299_850);
    expect(retryDelayMs('soon', 1, 0, 30)).toBe(30_000);
    expect(retryDelayMs('slowly', 1, 0)).toBe(150_000);
    expect(retryDelayMs('on-change', 1, 0)).toBeUndefined();
  });
});

describe('resolveClaim', () => {
  it('keeps the owner as long as it claims, and does not depend on order', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd')),
        fc.constantFrom('a', 'b', 'x'),
        (claimants, owner) => {
          const winner = resolveClaim(claimants, owner);
          expect(winner).toBe(resolveClaim([...claimants].reverse(), owner));
          if (new Set<string>(claimants).has(owner)) expect(winner).toBe(owner);
          else expect(winner).toBe([...claimants].sort()[0]);
          if (winner !== undefined) expect(resolveClaim(claimants, winner)).toBe(winner);
        },
      ),
    );
  });
});

describe('Secrets', () => {
  const seal = (text: string) => `hmac-sha256:${digest(text).slice(7)}`;
  const ref = { group: '', kind: 'Secret', namespace: 'x', name: 'a' };

  it('show that values differ, never the values', () => {
    const fields = maskFields(
      ref,
      [
        { path: 'data.password', desired: 'aaaa', live: 'bbbb' },
        { path: 'data', live: { password: 'aaaa' } },
        { path: "metadata.annotations['kubectl.kubernetes.io/last-applied-configuration']", live: 'aaaa' },
        { path: 'metadata.labels.team', desired: 'shop' },
        { path: 'metadata.annotations', live: { [lastAppliedAnnotation]: '{"data":{"password":"aaaa"}}' } },
      ],
      seal,
    );
    const text = JSON.stringify(fields);
    expect(text).not.toMatch(/aaaa|bbbb/);
    expect(fields[0]!.desired).toMatch(/^hmac-sha256:[0-9a-f]{12}$/);
    expect(fields[0]!.live).not.toBe(fields[0]!.desired);
    expect(fields[1]!.live).toEqual({ password: fields[0]!.desired });
    expect(fields[3]).toEqual({ path: 'metadata.labels.team', desired: 'shop' });
  });

  it('leave the words of a refusal, plain and encoded', () => {
    const secret: KubeObject = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'a' },
      data: { p: btoa('hunter2') },
    };
    expect(maskMessage(secret, `bad ${btoa('hunter2')} and hunter2`)).toBe('bad *** and ***');
    expect(maskMessage({ ...secret, kind: 'ConfigMap' }, 'hunter2')).toBe('hunter2');
    const unusual = { ...secret, data: { pin: 9021, quoted: btoa('a "b"\nc') } };
    expect(maskMessage(unusual, 'Value:9021, not "a \\"b\\"\\nc"')).toBe('Value:***, not "***"');
  });

  it('of other kinds show their values', () => {
    const field = { path: 'data.a', live: 'aaaa' };
    expect(maskFields({ ...ref, kind: 'ConfigMap' }, [field], seal)).toEqual([field]);
  });
});

describe('judgeLive', () => {
  const ref = { group: '', kind: 'ConfigMap', namespace: 'x', name: 'a' };
  const live = (data: object, more: object = {}): KubeObject => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: 'a',
      uid: 'u1',
      resourceVersion: '10',
      labels: { 'fairlead.dev/part-of': partOf('apps/a') },
      annotations: { 'fairlead.dev/tracking-id': trackingId('apps/a', ref) },
      managedFields: [{ manager: 'fairlead', operation: 'Apply', fieldsV1: { 'f:data': { 'f:ours': {} } } }],
      ...more,
    },
    data: data as Record<string, string>,
  });
  const what = { key: '/ConfigMap:x/a', application: 'apps/a', applied: 'd' };
  const baseline = baselineOf(live({ ours: '1' }), what, digest);

  it('finds it at its baseline whatever others add', () => {
    expect(judgeLive(live({ ours: '1', theirs: '2' }), ref, baseline, digest)).toMatchObject({
      atBaseline: true,
      owned: true,
      owner: 'apps/a',
    });
  });

  it.each([
    ['another value', live({ ours: '2' }), { atBaseline: false }],
    ['another object of the name', live({ ours: '1' }, { uid: 'u2' }), { atBaseline: false }],
    [
      'a field that is no longer ours',
      live({ ours: '1' }, { managedFields: [] }),
      { atBaseline: true, owned: false, ownsMore: false },
    ],
    [
      'a field that counts as ours besides',
      live(
        { ours: '1' },
        {
          managedFields: [
            { manager: 'fairlead', operation: 'Apply', fieldsV1: { 'f:data': { 'f:ours': {}, 'f:b': {} } } },
          ],
        },
      ),
      { atBaseline: true, owned: false, ownsMore: true },
    ],
    [
      'copied marks',
      live({ ours: '1' }, { annotations: { 'fairlead.dev/tracking-id': 'apps/a:/ConfigMap:x/b' } }),
      { owner: undefined },
    ],
  ])('sees %s', (_what, object, expected) => {
    expect(judgeLive(object, ref, baseline, digest)).toMatchObject(expected);
  });

  it('takes only a change of status for one', () => {
    const before = judgeLive(live({}, { generation: 3 }), ref, undefined, digest);
    const next = (more: object) => live({}, { generation: 3, resourceVersion: '11', ...more });
    expect(isStatusOnly(before, next({}))).toBe(true);
    expect(isStatusOnly(before, next({ generation: 4 }))).toBe(false);
    expect(isStatusOnly(before, next({ labels: {} }))).toBe(false);
    expect(isStatusOnly(before, next({ managedFields: [] }))).toBe(false);
    expect(isStatusOnly(before, next({ deletionTimestamp: 't' }))).toBe(false);
    const entry = (more: object) => ({
      manager: 'x',
      operation: 'Update',
      fieldsV1: { 'f:data': {} },
      ...more,
    });
    const withEntry = (more: object) =>
      next({ managedFields: [...(live({}).metadata.managedFields ?? []), entry(more)] });
    expect(isStatusOnly(before, withEntry({ subresource: 'status' }))).toBe(true);
    // Some kinds keep their generation whatever is written, and somebody else's field may become another's.
    expect(isStatusOnly(before, withEntry({}))).toBe(false);
    const wiped = judgeLive(live({}, { generation: 3, managedFields: [] }), ref, undefined, digest);
    expect(isStatusOnly(wiped, next({ managedFields: [] }))).toBe(false);
    const without = judgeLive(live({}), ref, undefined, digest);
    expect(isStatusOnly(without, live({}, { resourceVersion: '11' }))).toBe(false);
  });

  it('orders versions as numbers of any length', () => {
    expect(isOlder('9', '10')).toBe(true);
    expect(isOlder('10', '9')).toBe(false);
    expect(isOlder('10', '10')).toBe(false);
    expect(isOlder('99999999999999999998', '99999999999999999999')).toBe(true);
  });
});

describe('protectionsOf', () => {
  it.each([
    [{ 'argocd.argoproj.io/sync-options': 'Validate=false, Prune=false' }, 'keep', 'keep'],
    [{ 'helm.sh/resource-policy': 'keep' }, 'keep', 'keep'],
    [{ 'argocd.argoproj.io/sync-options': 'Prune=confirm' }, 'confirm', 'confirm'],
    [{ 'argocd.argoproj.io/sync-options': 'Delete=confirm' }, 'none', 'confirm'],
    [{ 'argocd.argoproj.io/sync-options': 'Prune=confirm,Delete=false' }, 'confirm', 'keep'],
    [{ 'argocd.argoproj.io/sync-options': 'Prune=true' }, 'none', 'none'],
    [{}, 'none', 'none'],
  ] as const)('reads %j: %s alone, %s with its application', (annotations, prune, remove) => {
    const object = { apiVersion: 'v1', kind: 'A', metadata: { annotations } };
    expect(protectionsOf(object)).toEqual({ prune, remove });
  });
});

describe('resolveVersion', () => {
  const resource = {
    group: 'x.io',
    version: 'v1',
    kind: 'Gauge',
    plural: 'gauges',
    namespaced: true,
    verbs: [],
  };
  const index = indexResources(
    { kubernetesVersion: '', resources: [resource], unknownGroups: new Set(['down.io']) },
    [],
  );

  it('tells what is served, what no longer is, what is not and what nobody knows', () => {
    expect(resolveVersion(index, 'x.io/v1', 'Gauge')).toEqual({ type: 'served', resource });
    expect(resolveVersion(index, 'x.io/v1beta1', 'Gauge')).toEqual({
      type: 'version-removed',
      served: ['v1'],
    });
    expect(resolveVersion(index, 'x.io/v1', 'Other')).toEqual({ type: 'absent' });
    expect(resolveVersion(index, 'down.io/v1', 'Any')).toEqual({ type: 'unknown-group' });
    expect(resolveKind(index, 'x.io', 'Gauge')).toEqual({ type: 'served', resource });
  });

  it('knows the scope of built-in kinds without discovery, and of no other', () => {
    expect(isNamespaced(index, '', 'Namespace')).toBe(false);
    expect(isNamespaced(index, 'apps', 'Deployment')).toBe(true);
    expect(isNamespaced(index, 'nobody.io', 'Thing')).toBeUndefined();
  });
});
