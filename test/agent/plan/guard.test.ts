import { describe, expect, it } from 'vitest';
import { restrictDesired } from '../../../agent/plan/guard.ts';
import { prepareApplication } from '../../../agent/plan/prepare-application.ts';
import { indexResources } from '../../../agent/plan/resource-index.ts';
import type { DesiredSet } from '../../../agent/ports.ts';
import { digest } from '../../../core/digest.ts';
import { type Guard, guardProblem, openGuard } from '../../../core/guard.ts';
import type { KubeObject } from '../../../core/kube-object.ts';
import { wantedApplication } from '../../support/engine-rig.ts';

const shopOnly: Guard = { ...openGuard, namespaces: ['shop', 'payments'], clusterScoped: 'never' };
const observeOnly: Guard = { ...openGuard, writes: 'never' };
const index = indexResources({ kubernetesVersion: '', resources: [], unknownGroups: new Set() }, []);

function configMap(
  namespace: string | undefined,
  annotations: Readonly<Record<string, string>> = {},
): KubeObject {
  const metadata = { name: 'config', annotations, ...(namespace === undefined ? {} : { namespace }) };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata };
}

function prepare(objects: readonly KubeObject[]) {
  const wanted = wantedApplication('web', objects, { namespace: 'shop' });
  return prepareApplication(wanted, index, (text) => digest(text), shopOnly);
}

function desiredSet(createNamespace: boolean): DesiredSet {
  const desired = wantedApplication('web', [], { createNamespace });
  return { generation: 1, applications: new Map([['apps/web', { digest: digest(''), desired }]]) };
}

describe('the guard', () => {
  it('lets everything pass where nothing is limited', () => {
    const ref = { group: '', kind: 'Namespace', namespace: '', name: 'kube-system' };
    expect(guardProblem(openGuard, ref)).toBeUndefined();
    const set = desiredSet(true);
    expect(restrictDesired(openGuard, set)).toBe(set);
  });

  it('refuses each object outside of its namespaces with what to do, and keeps the others', () => {
    const namespace: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };
    const found = prepare([configMap(undefined), configMap('kube-system'), namespace]);
    expect([...found.objects.keys()]).toEqual(['/ConfigMap:shop/config']);
    expect(found.failures.map(({ code, message }) => [code, message])).toEqual([
      [
        'guard',
        'ConfigMap kube-system/config is outside of the namespaces that this agent was installed for ' +
          "(payments, shop). Move it, or add kube-system to the agent's namespaces",
      ],
      [
        'guard',
        'Namespace shop stands in no namespace, and this agent was installed for the namespaces payments, shop only. ' +
          'Remove it from Git, or install the agent with profile cluster and guard.clusterScoped',
      ],
    ]);
  });

  it('keeps a hook outside of its namespaces, so that its sync stops there', () => {
    const hook = configMap('kube-system', { 'argocd.argoproj.io/hook': 'PreSync' });
    expect(prepare([hook]).hooks.map(({ key }) => key)).toEqual(['/ConfigMap:kube-system/config']);
  });

  it('makes every application one that is only observed where nothing may be written', () => {
    const desired = restrictDesired(observeOnly, desiredSet(true)).applications.get('apps/web')?.desired;
    expect(desired).toMatchObject({ mode: 'observe', prune: false, createNamespace: false });
  });

  it('makes no namespace where only listed ones may be touched', () => {
    const desired = restrictDesired(shopOnly, desiredSet(true)).applications.get('apps/web')?.desired;
    expect(desired).toMatchObject({ mode: 'heal', prune: true, createNamespace: false });
  });
});
