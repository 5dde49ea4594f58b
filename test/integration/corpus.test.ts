import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../clusters/kube-client.ts';
import { corpusFiles, exampleFleetWithTags, hasCorpus } from '../support/example-fleet.ts';
import { type FleetRig, openFleetRig } from '../support/fleet-rig.ts';
import type { FileChanges } from '../support/git-repo.ts';
import {
  missingLive,
  nameOf,
  placeOf,
  type Rendered,
  readOwned,
  renderSource,
  type Source,
  uidsOf,
} from '../support/rendered.ts';
import { provideSurroundings } from '../support/surroundings.ts';

if (!hasCorpus) console.info('skipped: ../shared/corpus is not there');

/** Every application of the fleet: its cluster, and what its source is. */
const applications: readonly { readonly name: string; readonly cluster: string; readonly source: Source }[] =
  [
    ...[
      ['dev', 'dev'],
      ['staging', 'staging'],
      ['prod', 'production'],
    ].flatMap(([cluster = '', overlay = '']) => [
      {
        name: `podinfo-${cluster}`,
        cluster,
        source: { tool: 'kustomize', path: `corpus/podinfo/deploy/overlays/${overlay}` } as const,
      },
      {
        name: `storefront-${cluster}`,
        cluster,
        source: {
          tool: 'helm',
          path: 'charts/storefront',
          release: 'storefront',
          namespace: 'storefront',
          values: `values-${cluster}.yaml`,
        } as const,
      },
    ]),
    ...['staging', 'prod'].map((cluster) => ({
      name: `boutique-${cluster}`,
      cluster,
      source: { tool: 'kustomize', path: `apps/boutique/${cluster}` } as const,
    })),
  ];

/** Namespaces that the corpus has on each cluster. */
const namespaces: Readonly<Record<string, string>> = { dev: 'dev', staging: 'staging', prod: 'production' };

async function fleetFiles(url: string): Promise<FileChanges> {
  const example = await exampleFleetWithTags(
    url,
    (path) => path.startsWith('fleet/') || path.startsWith('charts/') || path.endsWith('/storefront.yaml'),
  );
  const project = document('argoproj.io/v1alpha1', 'AppProject', 'corpus', {
    sourceRepos: [url],
    destinations: [
      ...Object.entries(namespaces).map(([name, namespace]) => ({ name, namespace })),
      { name: 'staging', namespace: 'boutique' },
      { name: 'prod', namespace: 'boutique' },
    ],
    clusterResourceWhitelist: [{ group: '', kind: 'Namespace' }],
  });
  const documents = applications
    .filter(({ name }) => !name.startsWith('storefront'))
    .map(({ name, cluster, source }) => {
      const namespace = name.startsWith('boutique') ? 'boutique' : namespaces[cluster];
      const spec = {
        project: 'corpus',
        source: { repoURL: url, targetRevision: 'main', path: source.path },
        destination: { name: cluster, namespace },
        syncPolicy: {
          automated: { prune: true, selfHeal: true },
          syncOptions: ['CreateNamespace=true'],
        },
      };
      return [`applications/${name}.yaml`, document('argoproj.io/v1alpha1', 'Application', name, spec)];
    });
  const boutique = ['staging', 'prod'].map((cluster) => [
    `apps/boutique/${cluster}/kustomization.yaml`,
    [
      'apiVersion: kustomize.config.k8s.io/v1beta1',
      'kind: Kustomization',
      'namespace: boutique',
      'resources:',
      '  - ../../../corpus/online-boutique/kustomize/base',
      'components:',
      '  - ../../../corpus/online-boutique/kustomize/components/network-policies',
      '',
    ].join('\n'),
  ]);
  return {
    ...(await corpusFiles()),
    ...example,
    'fleet/projects/corpus.yaml': project,
    ...Object.fromEntries([...documents, ...boutique]),
  };
}

/** JSON is YAML. */
function document(apiVersion: string, kind: string, name: string, spec: object): string {
  return JSON.stringify({ apiVersion, kind, metadata: { name, namespace: 'argocd' }, spec }, undefined, 2);
}

describe.skipIf(!hasCorpus)('real applications on three clusters', () => {
  let rig: FleetRig;
  const rendered = new Map<string, readonly Rendered[]>();
  const wanted = (name: string): readonly Rendered[] => rendered.get(name) ?? [];

  beforeAll(async () => {
    rig = await openFleetRig({
      clusters: ['dev', 'staging', 'prod'],
      controllers: 'kwok',
      files: fleetFiles,
    });
    for (const { name, source } of applications) rendered.set(name, await renderSource(rig, source));
  });

  afterAll(() => rig?.close());

  async function uidsEverywhere(): Promise<ReadonlyMap<string, string>> {
    const uids = new Map<string, string>();
    for (const { name, live } of rig.clusters) {
      for (const [object, uid] of uidsOf(await readOwned(live))) uids.set(`${name}: ${object}`, uid);
    }
    return uids;
  }

  it('renders what the corpus is known to hold', () => {
    const counts = Object.fromEntries([...rendered].map(([name, objects]) => [name, objects.length]));
    expect(counts).toMatchObject({
      'podinfo-dev': 25,
      'podinfo-staging': 25,
      'podinfo-prod': 25,
      'boutique-staging': 48,
      'boutique-prod': 48,
    });
  });

  it('makes every object that Git names live, field by field, and no other', async () => {
    await rig.untilSynced();
    for (const { name, cluster } of applications) {
      const { live } = rig.cluster(cluster);
      expect(await missingLive(live, wanted(name)), name).toEqual([]);
      const owned = await readOwned(live, `argocd/${name}`);
      expect([...owned.keys()].sort(), name).toEqual(
        wanted(name)
          .map(({ object }) => nameOf(object))
          .sort(),
      );
    }
  });

  it('keeps the peers of every NetworkPolicy exactly as in Git', async () => {
    let policies = 0;
    for (const { name, cluster } of applications) {
      const { live } = rig.cluster(cluster);
      for (const { object } of wanted(name)) {
        if (object.kind !== 'NetworkPolicy') continue;
        policies += 1;
        const found = await live.get(placeOf(object));
        expect(peersOf(found), `${name}: ${nameOf(object)}`).toEqual(peersOf(object));
      }
    }
    expect(policies).toBe(2 * 13 + 3);
  });

  it('says which claim waits for a volume, and is healthy once there is one', async () => {
    for (const { cluster } of applications.filter(({ name }) => name.startsWith('podinfo'))) {
      const { health, objects } = await rig.until(
        `podinfo-${cluster}`,
        'waits for its volume',
        ({ health: { status, message } }) =>
          status === 'Progressing' && message.includes('PersistentVolumeClaim'),
      );
      expect(health.message).toContain('no volume is bound to it yet');
      const cronJobs = objects.filter(({ ref }) => ref.kind === 'CronJob');
      expect(cronJobs).toHaveLength(4);
    }

    for (const { live } of rig.clusters) await provideSurroundings(live);

    for (const { name, cluster } of applications) {
      await rig.until(name, 'is healthy', ({ health }) => health.status === 'Healthy');
      for (const { object } of wanted(name)) {
        if (object.kind !== 'Deployment') continue;
        const { status, spec } = await rig.cluster(cluster).live.get(placeOf(object));
        expect(status.readyReplicas, nameOf(object)).toBe(spec.replicas);
      }
    }
  });

  it('sends no write on a second sync, for a commit that changes nothing, or after a restart of the agents', async () => {
    await rig.untilIdle();
    const before = await uidsEverywhere();
    for (const cluster of rig.clusters) cluster.forgetRequests();

    for (const { name } of applications) {
      expect(await rig.operate(name, 'sync'), name).toMatchObject({ phase: 'Succeeded' });
    }
    await rig.untilIdle();
    // As with Argo CD, who asks for a sync asks for the chart's hook to run again; dev has none.
    const hook = ['delete jobs.batch 200', 'create jobs.batch 201'];
    expect(rig.clusters.map((cluster) => cluster.writes())).toEqual([[], hook, hook]);
    expect(rig.clusters.map((cluster) => cluster.requests('dry-run'))).toEqual([0, 0, 0]);
    for (const cluster of rig.clusters) cluster.forgetRequests();

    await rig.push({ 'README.md': 'Nothing that runs.\n' });
    await rig.untilSynced();
    await rig.untilIdle();
    for (const cluster of rig.clusters) expect(cluster.writes(), cluster.name).toEqual([]);

    for (const cluster of rig.clusters) await cluster.restartAgent();
    await rig.untilSynced();
    await rig.untilIdle();
    for (const cluster of rig.clusters) {
      expect(cluster.writes(), cluster.name).toEqual([]);
      expect(cluster.requests('dry-run'), `dry-runs on ${cluster.name}`).toBe(0);
    }
    expect(await uidsEverywhere()).toEqual(before);
  });

  it('deletes exactly the object that one overlay no longer has', async () => {
    const before = await uidsEverywhere();
    const path = 'corpus/podinfo/deploy/overlays/staging/kustomization.yaml';
    const text = await rig.repo.git('show', `main:${path}`);
    const patch = [
      'patches:',
      '  - patch: |-',
      '      $patch: delete',
      '      apiVersion: autoscaling/v2',
      '      kind: HorizontalPodAutoscaler',
      '      metadata:',
      '        name: backend',
    ];
    for (const cluster of rig.clusters) cluster.forgetRequests();

    await rig.push({ [path]: `${text}\n${patch.join('\n')}\n` });
    await rig.untilSynced();
    await rig.untilIdle();

    const gone = 'staging: HorizontalPodAutoscaler staging/backend';
    expect(before.has(gone)).toBe(true);
    expect(await uidsEverywhere()).toEqual(new Map([...before].filter(([name]) => name !== gone)));
    const deletes = rig.clusters.map((cluster) => cluster.requests('delete'));
    expect(deletes).toEqual([0, 1, 0]);
  });

  it('says that a rollout is stuck where an image can not be pulled, and goes on once it can', async () => {
    const path = 'corpus/podinfo/deploy/overlays/dev/kustomization.yaml';
    const text = await rig.repo.git('show', `main:${path}`);
    const patch = [
      'patches:',
      '  - patch: |-',
      '      apiVersion: apps/v1',
      '      kind: Deployment',
      '      metadata:',
      '        name: frontend',
      '      spec:',
      '        progressDeadlineSeconds: 5',
      '        template:',
      '          metadata:',
      '            annotations:',
      '              test.fairlead.dev/pod: image-pull-fails',
    ];

    await rig.push({ [path]: `${text}\n${patch.join('\n')}\n` });
    const moving = await rig.until(
      'podinfo-dev',
      'is progressing',
      ({ health }) => health.status === 'Progressing',
    );
    expect(moving.health.message).toMatch(/^Deployment dev\/frontend: /);
    const stuck = await rig.until('podinfo-dev', 'is degraded', ({ health }) => health.status === 'Degraded');
    expect(stuck.health.message).toMatch(/^Deployment dev\/frontend: .*progress/);
    expect(stuck).toMatchObject({ sync: 'Synced', tone: 'broken' });

    await rig.push({ [path]: text });
    await rig.until('podinfo-dev', 'is healthy again', ({ health, sync }) => {
      return health.status === 'Healthy' && sync === 'Synced';
    });
  });
});

function peersOf(policy: KubeObject): unknown {
  return (policy['spec'].ingress ?? []).map((rule: KubeObject) => rule['from']);
}
