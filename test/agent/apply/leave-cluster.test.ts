import { describe, expect, it } from 'vitest';
import { leaveCluster } from '../../../agent/apply/leave-cluster.ts';
import { encodePart, partKey } from '../../../agent/plan/inventory-parts.ts';
import { claimLabel, claimName } from '../../../agent/plan/judge-claims.ts';
import { unprotected } from '../../../agent/plan/prune-protection.ts';
import type { KubePort } from '../../../agent/ports.ts';
import type { KubeObject } from '../../../core/kube-object.ts';
import { MemoryCluster } from '../../support/memory-kube.ts';

const claim = { namespace: 'fairlead-system', agent: 'agent-1', cluster: 'dev', authority: 'hub-1' };
const shop = { application: 'apps/shop', level: 0, index: 0 };

/** A cluster with our claim, and an inventory of one ConfigMap with these texts. */
function cluster(texts: Readonly<Record<string, string>>) {
  const memory = new MemoryCluster();
  put(memory, 'fairlead-inventory-00', { 'fairlead.dev/inventory': 'true' }, texts);
  put(memory, claimName, { [claimLabel]: 'agent' }, { agent: 'agent-1', cluster: 'dev', authority: 'hub-1' });
  const list: KubePort['list'] = async (_resource, { labelSelector = '' } = {}) => ({
    type: 'ok',
    resourceVersion: '9',
    objects: [...memory.objects.values()].filter(({ metadata }) => labelSelector in (metadata.labels ?? {})),
  });
  return { memory, kube: { ...memory.client(), list } as KubePort };
}

function put(
  { objects }: MemoryCluster,
  name: string,
  labels: Readonly<Record<string, string>>,
  data: Readonly<Record<string, string>>,
): void {
  const metadata = { name, namespace: 'fairlead-system', labels, uid: `uid-${name}`, resourceVersion: '1' };
  const object: KubeObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata, data };
  objects.set(`configmaps/${name}`, object);
}

describe('an agent that leaves a cluster', () => {
  it('takes along its claim, and the inventory that only knows which kinds there were', async () => {
    const text = encodePart(shop, { entries: new Map(), kinds: ['apps/Deployment'] });
    const { memory, kube } = cluster({ [partKey(shop)]: text });
    expect(await leaveCluster(kube, claim)).toEqual({ type: 'left' });
    expect([...memory.objects.keys()]).toEqual([]);
  });

  it('touches nothing where an application still owns objects', async () => {
    const entries = new Map([['/ConfigMap:shop/item', { protections: unprotected, uid: 'uid-1' }]]);
    const { memory, kube } = cluster({ [partKey(shop)]: encodePart(shop, { entries, kinds: [] }) });
    expect(await leaveCluster(kube, claim)).toEqual({
      type: 'kept',
      reason: 'apps/shop still owns objects',
    });
    expect(memory.writes).toEqual([]);
  });

  it('touches nothing where an entry cannot be read: nobody knows what it stands for', async () => {
    const { memory, kube } = cluster({ 'a-0123': '{"application": "apps/shop", "obj' });
    expect(await leaveCluster(kube, claim)).toEqual({
      type: 'kept',
      reason: "the inventory's entry a-0123 can't be read",
    });
    expect(memory.writes).toEqual([]);
  });
});
