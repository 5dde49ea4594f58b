import { describe, expect, it } from 'vitest';
import type { ObjectEvent } from '../../../agent/apply/hook-events.ts';
import { type HookResult, type HookRun, runHook } from '../../../agent/apply/run-hook.ts';
import { hookAnnotation } from '../../../agent/plan/prepare-application.ts';
import type { ApiResource, KubePort, KubeResult } from '../../../agent/ports.ts';
import { type Guard, openGuard } from '../../../core/guard.ts';
import type { KubeObject } from '../../../core/kube-object.ts';

const ref = { group: 'batch', kind: 'Job', namespace: 'shop', name: 'migrations' };
const resource: ApiResource = {
  group: 'batch',
  version: 'v1',
  kind: 'Job',
  plural: 'jobs',
  namespaced: true,
  verbs: [],
};

function job(uid: string, status: KubeObject['status'] = {}): KubeObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: ref.name, namespace: ref.namespace, uid, annotations: { [hookAnnotation]: 'PreSync' } },
    status: status ?? {},
  };
}

const complete = { conditions: [{ type: 'Complete', status: 'True' }] };

const notFound: KubeResult = {
  type: 'failed',
  failure: { status: 404, reason: 'NotFound', message: 'jobs.batch "migrations" not found', causes: [] },
};

interface TestCluster {
  live: KubeObject | undefined;
  /** What happens once the hook was created. */
  onCreated: () => void;
  /** What the watch says of the Job. */
  tell: (event: ObjectEvent) => void;
  run(): Promise<HookResult>;
}

/** A cluster of one Job, behind the port. */
function cluster(live: KubeObject | undefined, guard: Guard = openGuard): TestCluster {
  const found: TestCluster = {
    live,
    onCreated: () => undefined,
    tell: () => undefined,
    run: () => runHook(kube as unknown as KubePort, run as unknown as HookRun),
  };
  const kube = {
    get: async () => (found.live === undefined ? notFound : { type: 'ok', object: found.live }),
    async delete() {
      found.live = undefined;
      return { type: 'ok', object: job('') };
    },
    async create() {
      found.live = job('new');
      queueMicrotask(found.onCreated);
      return { type: 'ok', object: found.live };
    },
  };
  const run = {
    resource,
    guard,
    hook: { key: 'batch/Job:shop/migrations', ref, object: job('new'), deletePolicies: [] },
    runId: 'sync-1/PreSync',
    earlierRun: 'await',
    onStarted: async () => undefined,
    onEnded: async () => undefined,
    onWaiting: () => undefined,
    subscribe(_key: string, listener: TestCluster['tell']) {
      found.tell = listener;
      return () => undefined;
    },
    signal: new AbortController().signal,
  };
  return found;
}

describe('running a hook', () => {
  it('takes the late end of an earlier run for what it is', async () => {
    const shop = cluster(job('old', complete));
    shop.onCreated = () => {
      shop.tell({ type: 'gone' });
      shop.tell({ type: 'live', object: job('new', complete) });
    };
    expect(await shop.run()).toEqual({ type: 'succeeded' });
  });

  it("touches nothing outside of the agent's namespaces, whatever the port would let through", async () => {
    const shop = cluster(undefined, { ...openGuard, namespaces: ['payments'], clusterScoped: 'never' });
    const result = await shop.run();
    expect(result).toMatchObject({
      type: 'failed',
      message: expect.stringContaining('outside of the namespaces'),
    });
    expect(shop.live).toBeUndefined();
  });

  it('fails where the run itself was deleted', async () => {
    const shop = cluster(undefined);
    shop.onCreated = () => {
      shop.live = undefined;
      shop.tell({ type: 'gone' });
    };
    expect(await shop.run()).toEqual({ type: 'failed', message: 'it was deleted before its end was seen' });
  });
});
