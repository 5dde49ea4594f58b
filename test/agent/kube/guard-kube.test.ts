import { expect, it } from 'vitest';
import { guardKube } from '../../../agent/kube/guard-kube.ts';
import { classifyError } from '../../../agent/plan/classify-error.ts';
import type { ApiResource, KubeFailure, KubePort, WatchHandler } from '../../../agent/ports.ts';
import { type Guard, openGuard } from '../../../core/guard.ts';
import type { KubeObject } from '../../../core/kube-object.ts';

const secrets: ApiResource = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
  verbs: [],
};
const configMaps: ApiResource = { ...secrets, kind: 'ConfigMap', plural: 'configmaps' };
const nodes: ApiResource = { ...secrets, kind: 'Node', plural: 'nodes', namespaced: false };

/** Counts what would be sent. */
function counted(): { readonly kube: KubePort; readonly sent: string[] } {
  const sent: string[] = [];
  const answer = async (verb: string) => {
    sent.push(verb);
    return { type: 'ok', object: { apiVersion: 'v1', kind: 'Any', metadata: {} } } as const;
  };
  const kube: KubePort = {
    discover: async () => ({ kubernetesVersion: '', resources: [], unknownGroups: new Set() }),
    get: () => answer('get'),
    async list() {
      sent.push('list');
      return { type: 'ok', objects: [], resourceVersion: '1' };
    },
    async listNames() {
      sent.push('list-names');
      return { type: 'ok', names: new Set() };
    },
    async scan() {
      sent.push('list');
      return { type: 'ok' };
    },
    async logs() {
      sent.push('logs');
      return { type: 'ended' };
    },
    apply: (_resource, _object, { dryRun }) => answer(dryRun ? 'dry-run' : 'apply'),
    patch: () => answer('patch'),
    jsonPatch: (_resource, _ref, _patch, { dryRun }) => answer(dryRun ? 'dry-run' : 'patch'),
    create: () => answer('create'),
    update: () => answer('update'),
    delete: () => answer('delete'),
    watch() {
      sent.push('watch');
      return { close: () => undefined };
    },
    close: async () => undefined,
  };
  return { kube, sent };
}

const shopOnly: Guard = { ...openGuard, namespaces: ['shop'], clusterScoped: 'never' };
const observeOnly: Guard = { ...openGuard, writes: 'never' };
const handler: WatchHandler = {
  onSynced: () => undefined,
  onObject: () => undefined,
  onDeleted: () => undefined,
  onProblem: () => undefined,
};

/** Uses every method once; answers the failures. */
async function askAll(kube: KubePort, resource: ApiResource, namespace: string, name = 'a') {
  const ref = { group: resource.group, kind: resource.kind, namespace, name };
  const object: KubeObject = { apiVersion: 'v1', kind: resource.kind, metadata: { name, namespace } };
  const problem = Promise.withResolvers<KubeFailure | undefined>();
  kube.watch(resource, { namespace }, { ...handler, onProblem: problem.resolve });
  queueMicrotask(() => queueMicrotask(() => problem.resolve(undefined)));
  const results = await Promise.all([
    kube.get(resource, ref),
    kube.list(resource, { namespace }),
    kube.apply(resource, object, { dryRun: true }),
    kube.apply(resource, object, { dryRun: false }),
    kube.patch(resource, ref, {}, { manager: 'm' }),
    kube.jsonPatch(resource, ref, [], { manager: 'm' }),
    kube.create(resource, object),
    kube.update(resource, object),
    kube.delete(resource, ref, { uid: 'u' }),
  ]);
  const failures = results.flatMap((result) => (result.type === 'failed' ? [result.failure] : []));
  return { failures, watchProblem: await problem.promise };
}

it('sends nothing at all outside of its namespaces, and says why as a failure that no retry mends', async () => {
  for (const [resource, namespace] of [
    [secrets, 'other'],
    [secrets, ''],
    [nodes, 'shop'],
    [secrets, 'fairlead-system'],
  ] as const) {
    const { kube, sent } = counted();
    const { failures, watchProblem } = await askAll(
      guardKube(kube, shopOnly, 'fairlead-system'),
      resource,
      namespace,
    );
    expect(sent).toEqual([]);
    expect(failures).toHaveLength(9);
    expect(failures[0] === undefined ? undefined : classifyError(failures[0])).toEqual({
      code: 'guard',
      retry: 'on-change',
    });
    expect(watchProblem?.message).toContain('this agent was installed for');
  }
});

it('sends everything inside of its namespaces, and for its own ConfigMaps', async () => {
  for (const [resource, namespace, name] of [
    [secrets, 'shop', 'a'],
    [configMaps, 'fairlead-system', 'fairlead-claim'],
    [configMaps, 'fairlead-system', 'fairlead-inventory-07'],
  ] as const) {
    const { kube, sent } = counted();
    const guarded = guardKube(kube, shopOnly, 'fairlead-system');
    const { failures } = await askAll(guarded, resource, namespace, name);
    expect(failures).toEqual([]);
    expect(sent).toHaveLength(10);
  }
});

it('sends reads alone of an agent that only observes, and dry-runs where it may ask by them', async () => {
  const ref = { group: '', kind: 'Secret', namespace: 'shop', name: 'a' };
  for (const [guard, dryRuns] of [
    [observeOnly, 0],
    [{ ...observeOnly, dryRuns: 'allowed' } satisfies Guard, 2],
  ] as const) {
    const { kube, sent } = counted();
    const guarded = guardKube(kube, guard, 'fairlead-system');
    await askAll(guarded, secrets, 'shop');
    await guarded.jsonPatch(secrets, ref, [], { manager: 'm', dryRun: true });
    expect(sent.filter((verb) => verb === 'dry-run')).toHaveLength(dryRuns);
    expect(sent.filter((verb) => !['get', 'list', 'watch', 'dry-run'].includes(verb))).toEqual([]);
  }
});

it("keeps other ConfigMaps of the agent's namespace out, which may be an application's of wider days", async () => {
  const { kube, sent } = counted();
  const guarded = guardKube(kube, shopOnly, 'fairlead-system');
  const { failures } = await askAll(guarded, configMaps, 'fairlead-system', 'settings');
  expect(failures).toHaveLength(8);
  expect(sent.sort()).toEqual(['list', 'watch']);
});

it('sends nothing of a kind that is denied, reads neither, but keeps its own ConfigMaps', async () => {
  const guard: Guard = { ...openGuard, kinds: { deny: ['Secret', 'ConfigMap'] } };
  for (const namespace of ['shop', '']) {
    const { kube, sent } = counted();
    const { failures } = await askAll(guardKube(kube, guard, 'fairlead-system'), secrets, namespace);
    expect([failures.length, sent]).toEqual([9, []]);
  }
  const own = counted();
  const guarded = guardKube(own.kube, guard, 'fairlead-system');
  const { failures } = await askAll(guarded, configMaps, 'fairlead-system', 'fairlead-inventory-0');
  expect([failures.length, own.sent.length]).toEqual([0, 10]);
});

it('reads kinds of the whole cluster only where their objects may stand anywhere', async () => {
  const asked = async (guard: Guard, resource: ApiResource) => {
    const { kube, sent } = counted();
    await guardKube(kube, guard, 'fairlead-system').list(resource, {});
    return sent;
  };
  const patterns: Guard = { ...openGuard, namespaces: ['team-*'] };
  expect(await asked(patterns, secrets)).toEqual([]);
  expect(await asked(patterns, nodes)).toEqual(['list']);
  expect(await asked({ ...openGuard, clusterScoped: 'never' }, nodes)).toEqual([]);
  expect(await asked({ ...openGuard, clusterScoped: 'never' }, secrets)).toEqual(['list']);
});

it('sends only reads where nothing may be written, and no dry-run either', async () => {
  const { kube, sent } = counted();
  const { failures } = await askAll(
    guardKube(kube, observeOnly, 'fairlead-system'),
    configMaps,
    'fairlead-system',
  );
  expect(sent.sort()).toEqual(['get', 'list', 'watch']);
  expect(failures).toHaveLength(7);
});
