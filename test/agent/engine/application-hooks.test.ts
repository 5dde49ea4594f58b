import { expect, it } from 'vitest';
import { ApplicationHooks } from '../../../agent/engine/application-hooks.ts';
import type { EngineServices } from '../../../agent/engine/engine-services.ts';
import { HookObjects } from '../../../agent/engine/hook-objects.ts';
import type { PreparedHook } from '../../../agent/plan/prepare-application.ts';
import { indexResources } from '../../../agent/plan/resource-index.ts';
import type { ApiResource } from '../../../agent/ports.ts';
import { openGuard } from '../../../core/guard.ts';
import type { KubeObject } from '../../../core/kube-object.ts';
import { manualTime } from '../../support/manual-time.ts';
import { MemoryCluster, noAnswer } from '../../support/memory-kube.ts';
import { recordLog } from '../../support/record-log.ts';

const pods: ApiResource = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  namespaced: true,
  verbs: [],
};
const object: KubeObject = { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'first', namespace: 'shop' } };
const hook: PreparedHook = {
  key: '/Pod:shop/first',
  ref: { group: '', kind: 'Pod', namespace: 'shop', name: 'first' },
  object,
  phases: ['PreSync'],
  deletePolicies: ['BeforeHookCreation'],
  wave: 0,
};

/** The hooks of an application whose API server takes nothing, by a clock that a test moves. */
function refused() {
  const time = manualTime('2026-01-01T00:00:00Z');
  const cluster = new MemoryCluster();
  const way: { isCut: boolean; answered?: Promise<void> } = { isCut: true };
  const timers = new Set<object>();
  const services: Partial<EngineServices> = {
    catalog: {
      index: indexResources({ kubernetesVersion: 'v1.36', resources: [pods], unknownGroups: new Set() }, []),
    } as EngineServices['catalog'],
    kube: cluster.client(async ({ send, verb }) => {
      const answer = way.isCut ? noAnswer : send();
      if (verb === 'create') await way.answered;
      return answer;
    }) as EngineServices['kube'],
    guard: openGuard,
    subscribeObject: () => () => undefined,
    random: () => 0.5,
    log: recordLog(),
    clock: {
      now: time.clock.now,
      setTimer(ms, fire) {
        const timer = {};
        timers.add(timer);
        const cancel = time.timers.after(ms, () => {
          timers.delete(timer);
          fire();
        });
        return {
          cancel() {
            timers.delete(timer);
            cancel();
          },
        };
      },
    },
  };
  const known = services as EngineServices;
  let turns = 0;
  const hooks = new ApplicationHooks(known, 'apps/shop', new HookObjects(known, 'apps/shop', {}), {
    keep: async () => undefined,
    onEnded: () => {
      turns += 1;
    },
    onChanged: () => undefined,
  });
  return { time, cluster, way, timers, hooks, turns: () => turns };
}

it('a hook that the API server did not take is due again after a while', async () => {
  const { time, cluster, way, timers, hooks, turns } = refused();
  hooks.begin({ id: 'one', hooks: [hook], earlierRuns: 'await' });
  expect(hooks.carryOut(hook.key, 'PreSync')).toBe('waiting');
  await time.settle();
  expect(hooks.failures).toMatchObject([{ code: 'hook-failed', message: 'no answer' }]);
  expect(timers.size).toBe(1);
  way.isCut = false;
  const before = turns();
  await time.advance(60_000);
  expect(turns()).toBe(before + 1);
  expect(timers.size).toBe(0);
  hooks.carryOut(hook.key, 'PreSync');
  await time.settle();
  expect(cluster.writes).toEqual(['create pods/first']);
  hooks.stop();
});

it('an attempt that is over leaves no timer, and its hook doesn’t stir the next attempt', async () => {
  const { time, timers, hooks, turns } = refused();
  hooks.begin({ id: 'one', hooks: [hook], earlierRuns: 'await' });
  hooks.carryOut(hook.key, 'PreSync');
  await time.settle();
  expect(timers.size).toBe(1);
  hooks.begin({ id: 'two', hooks: [hook], earlierRuns: 'await' });
  expect(timers.size).toBe(0);
  const before = turns();
  await time.advance(600_000);
  expect(turns()).toBe(before);
});

it('a hook whose creation is answered after its attempt was ended is told, so that it is cleared away', async () => {
  const { time, cluster, way, hooks, turns } = refused();
  way.isCut = false;
  let answer: () => void = () => undefined;
  way.answered = new Promise((resolve) => {
    answer = resolve;
  });
  hooks.begin({ id: 'one', hooks: [hook], earlierRuns: 'replace' });
  hooks.carryOut(hook.key, 'PreSync');
  await time.settle();
  expect(cluster.writes).toEqual(['create pods/first']);
  hooks.stop();
  await time.settle();
  const before = turns();
  answer();
  await time.settle();
  expect(turns()).toBe(before + 1);
});
