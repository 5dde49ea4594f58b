import { afterEach, describe, expect, it } from 'vitest';
import { openKube } from '../../../agent/kube/client.ts';
import { parseGroups } from '../../../agent/kube/discovery.ts';
import type { Json } from '../../../core/json.ts';
import { answer, connectionTo, startLoopbackApi } from './loopback-api.ts';

const opened: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

function resource(plural: string, kind: string, scope = 'Namespaced') {
  const subresources = [{ subresource: 'status', responseKind: { kind }, verbs: ['get'] }];
  return {
    resource: plural,
    responseKind: { group: '', version: '', kind },
    scope,
    verbs: ['get', 'watch'],
    subresources,
  };
}

function groupList(...items: readonly Json[]) {
  return { kind: 'APIGroupDiscoveryList', apiVersion: 'apidiscovery.k8s.io/v2', metadata: {}, items };
}

const core = groupList({
  metadata: {},
  versions: [{ version: 'v1', resources: [resource('nodes', 'Node', 'Cluster')] }],
});
const groups = groupList(
  {
    metadata: { name: 'autoscaling' },
    versions: [
      {
        version: 'v2',
        freshness: 'Current',
        resources: [resource('horizontalpodautoscalers', 'HorizontalPodAutoscaler')],
      },
      {
        version: 'v1',
        freshness: 'Current',
        resources: [resource('horizontalpodautoscalers', 'HorizontalPodAutoscaler')],
      },
    ],
  },
  {
    metadata: { name: 'metrics.k8s.io' },
    versions: [{ version: 'v1beta1', freshness: 'Stale', resources: [] }],
  },
);

describe('an APIGroupDiscoveryList', () => {
  it('gives every served version in order of preference, and no subresources', () => {
    const hpa = { group: 'autoscaling', kind: 'HorizontalPodAutoscaler', plural: 'horizontalpodautoscalers' };
    const common = { ...hpa, namespaced: true, hasStatus: true, verbs: ['get', 'watch'] };
    expect(parseGroups(groups)?.resources).toEqual([
      { ...common, version: 'v2' },
      { ...common, version: 'v1' },
    ]);
    expect(parseGroups(core)?.resources).toMatchObject([
      { group: '', version: 'v1', kind: 'Node', namespaced: false },
    ]);
  });

  it('makes a group unknown whose server did not answer', () => {
    expect(parseGroups(groups)?.unknownGroups).toEqual(['metrics.k8s.io']);
  });

  it('leaves out an entry without a kind, which stands for its subresources only', () => {
    const list = groupList({
      metadata: { name: 'example.dev' },
      versions: [{ version: 'v1', resources: [{ resource: 'ghosts', scope: 'Namespaced', verbs: [] }] }],
    });
    expect(parseGroups(list)?.resources).toEqual([]);
  });

  it('is told from the older kind of discovery', () => {
    expect(parseGroups({ kind: 'APIGroupList', apiVersion: 'v1', groups: [] })).toBeUndefined();
  });
});

describe('discovery', () => {
  async function discoverFrom(answers: Readonly<Record<string, unknown>>) {
    const api = await startLoopbackApi((seen, response) => answer(response, 200, answers[seen.path]));
    const kube = openKube(await connectionTo(api.url));
    opened.push(api.close, kube.close);
    return { api, discovery: kube.discover() };
  }

  it('puts the two lists and the version together, in three requests', async () => {
    const { api, discovery } = await discoverFrom({
      '/version': { gitVersion: 'v1.37.2' },
      '/api': core,
      '/apis': groups,
    });
    const found = await discovery;
    expect(found).toMatchObject({ kubernetesVersion: 'v1.37.2', unknownGroups: new Set(['metrics.k8s.io']) });
    expect(found.resources.map((each) => `${each.group}/${each.version}`)).toEqual([
      '/v1',
      'autoscaling/v2',
      'autoscaling/v1',
    ]);
    expect(api.seen).toHaveLength(3);
  });

  it('says which Kubernetes it needs where a server answers in the older form', async () => {
    const { discovery } = await discoverFrom({
      '/version': { gitVersion: 'v1.25.0' },
      '/api': { kind: 'APIVersions', versions: ['v1'] },
      '/apis': { kind: 'APIGroupList', groups: [] },
    });
    await expect(discovery).rejects.toMatchObject({
      code: 'unsupported',
      remedy: 'Use Kubernetes 1.27 or later',
    });
  });
});
