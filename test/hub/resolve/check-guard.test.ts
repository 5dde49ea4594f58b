import { expect, it } from 'vitest';
import { type Guard, openGuard } from '../../../core/guard.ts';
import type { KubeObject, Manifest } from '../../../core/kube-object.ts';
import { checkGuard } from '../../../hub/resolve/check-guard.ts';
import { resolve } from '../../../hub/resolve/resolve.ts';
import { applicationText, catalogOf, goodTexts } from '../catalog/catalog-texts.ts';

function manifest(apiVersion: string, kind: string, name: string, namespace?: string): Manifest {
  const metadata = namespace === undefined ? { name } : { name, namespace };
  return { object: { apiVersion, kind, metadata } as KubeObject, origin: { file: 'apps/a.yaml', line: 7 } };
}

function check(manifests: readonly Manifest[], guard: Guard | undefined, scopes: readonly string[] = []) {
  const catalog = catalogOf({
    ...goodTexts,
    'applications/payments-dev.yaml': applicationText('payments-dev'),
  });
  const [assignment] = resolve(catalog).assignments;
  if (assignment === undefined) throw new Error('not assigned');
  return checkGuard({ ...assignment, namespace: 'payments' }, manifests, guard, scopes);
}

const guard: Guard = { ...openGuard, namespaces: ['payments'], clusterScoped: 'never' };
const inside = manifest('v1', 'ConfigMap', 'a');
const outside = manifest('v1', 'ConfigMap', 'a', 'kube-system');

it('lets pass what the agent may touch, and everything while its guard is unknown', () => {
  expect(check([inside], guard)).toEqual({ type: 'allowed' });
  expect(check([outside], undefined)).toEqual({ type: 'allowed' });
});

it('names what stays out while the rest goes on', () => {
  const verdict = check([inside, outside, manifest('v1', 'Namespace', 'payments')], guard);
  expect(verdict).toEqual({
    type: 'partly',
    gate: {
      kind: 'guard',
      reason:
        'ConfigMap kube-system/a is outside of the namespaces that this agent was installed for (payments). ' +
        "Move it, or add kube-system to the agent's namespaces (2 of 3 objects)",
      location: { file: 'apps/a.yaml', line: 7 },
      owner: 'the agent of cluster dev',
      remedy:
        'Change it in Git, or widen the limits in the values of the agent’s chart; neither hub nor Git can widen them',
    },
  });
});

it('refuses an application of which nothing may be touched, by kinds too', () => {
  expect(check([outside], guard).type).toBe('refused');
  expect(check([inside], { ...openGuard, kinds: { deny: ['ConfigMap'] } }).type).toBe('refused');
});

it('knows kinds without a namespace by what the agent reported', () => {
  const wall = manifest('example.com/v1', 'Wall', 'w');
  expect(check([inside, wall], guard)).toEqual({ type: 'allowed' });
  expect(check([inside, wall], guard, ['example.com/Wall']).type).toBe('partly');
});
