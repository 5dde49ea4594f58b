import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { DesiredApplication } from '../../core/desired.ts';
import { type Guard, openGuard } from '../../core/guard.ts';
import type { KubeObject as Manifest } from '../../core/kube-object.ts';
import type { ApplicationStatus } from '../../core/status.ts';
import { ensureBinaries } from '../clusters/binaries.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient, KubeError, type KubeObject } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';
import { corpusDir, hasCorpus } from '../support/example-fleet.ts';
import { memoryState } from '../support/memory-state.ts';

/**
 * An agent that only reads has to come to the verdict that the API server's own dry-run gives, on objects that another
 * tool made: those of the examples and the corpus, and kinds whose defaults are many.
 */
const root = join(import.meta.dirname, '../..');
const examples = join(root, 'examples/fleet');
const observeOnly: Guard = { ...openGuard, writes: 'never' };

let dir: string;
let planes: ControlPlanes;
let admin: KubeClient;
let objects: readonly KubeObject[];
const rigs: EngineRig[] = [];
const limitMs = 30_000;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-observe-'));
  planes = await startControlPlanes({ names: ['observe'], controllers: 'none', dir });
  admin = new KubeClient(planes.cluster('observe'), { fieldManager: 'kubectl-create' });
  objects = [...defaulted, ...(await rendered())];
  for (const object of objects.filter(({ kind }) => kind === 'Namespace')) await create(object);
  const namespaces = new Set(objects.map(({ metadata }) => metadata.namespace).filter(Boolean));
  for (const name of namespaces) await create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
  for (const object of objects) await create(object);
});

afterAll(async () => {
  for (const rig of rigs) await rig.close();
  admin?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

describe('an agent that only reads', () => {
  it('finds no difference in what another tool made of the same manifests', async () => {
    const rig = await observe(observeOnly);
    expect(rig.drifts('web').map(({ drift }) => [drift.ref.kind, drift.ref.name, drift.fields])).toEqual([]);
    expect(rig.status('web')).toMatchObject({ sync: 'Synced', failures: [] });
    expect(rig.status('web')?.objects.length).toBeGreaterThan(hasCorpus ? 80 : 25);
    expect(rig.requests.filter((request) => !/^(get|list|watch|discovery) /.test(request))).toEqual([]);
  });

  it('finds what a dry-run finds, field by field', async () => {
    for (const object of objects.filter(({ kind }) => kind === 'Deployment')) {
      const change = { spec: { replicas: 7, template: { metadata: { annotations: { by: 'hand' } } } } };
      await admin.patch(
        { ...(object as { apiVersion: string; kind: string }), ...object['metadata'] },
        change,
      );
    }
    for (const object of objects.filter(({ kind }) => kind === 'Service')) {
      const change = { spec: { selector: { by: 'hand' } }, metadata: { labels: { by: 'hand' } } };
      await admin.patch(
        { ...(object as { apiVersion: string; kind: string }), ...object['metadata'] },
        change,
      );
    }
    const read = await observe(observeOnly);
    const asked = await observe(openGuard);
    expect(differences(read)).toEqual(differences(asked));
    expect(differences(read).length).toBeGreaterThan(2);
    const verdicts = (rig: EngineRig) => new Set(rig.drifts('web').map(({ drift }) => drift.verdict));
    expect([...verdicts(read), ...verdicts(asked)]).toEqual(['approximate', 'exact']);
  });
});

it('an agent that may write no longer keeps what it applied, also when Git ends the application', async () => {
  const state = memoryState();
  const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept', namespace: 'defaults' } };
  const writer = await engineRig(planes.cluster('observe'), state);
  rigs.push(writer);
  await writer.untilApplied(wantedApplication('ended', [config]));
  await writer.close();
  const reader = await engineRig(planes.cluster('observe'), state, (kube) => kube, observeOnly);
  rigs.push(reader);
  reader.want(wantedApplication('ended', [], { removal: 'delete' }));
  // It is told as pending before it is known what holds it.
  const isHeld = ({ removal, gates }: ApplicationStatus) =>
    removal === 'pending' && gates.some(({ kind }) => kind === 'guard');
  await reader.until('ended', 'is held', isHeld);
  await reader.engine.whenIdle();
  expect(reader.status('ended')?.gates.map(({ kind }) => kind)).toEqual(['guard']);
  expect(reader.writes()).toEqual([]);
  expect(await admin.find({ ...config, ...config.metadata })).toBeDefined();
});

it('an agent whose namespaces became fewer leaves the rest alone until it may touch it again', async () => {
  const state = memoryState();
  const config = (namespace: string, text: string) => ({
    ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'narrowed', namespace }, data: { text } },
  });
  const open = async (guard: Guard): Promise<EngineRig> => {
    const rig = await engineRig(planes.cluster('observe'), state, (kube) => kube, guard);
    rigs.push(rig);
    return rig;
  };
  // One of them stands beside the agent's own ConfigMaps.
  const outside = [config('default', 'old'), config('fairlead-test', 'old')];
  const live = () => Promise.all(outside.map((object) => admin.find({ ...object, ...object.metadata })));
  const wide = await open(openGuard);
  await wide.untilApplied(wantedApplication('narrowed', [config('defaults', 'old'), ...outside]));
  await wide.close();

  const narrow = await open({ ...openGuard, namespaces: ['defaults'], clusterScoped: 'never' });
  const isRefused = ({ failures }: { failures: readonly { code: string }[] }): boolean =>
    failures.filter(({ code }) => code === 'guard').length === outside.length;
  narrow.want(
    wantedApplication('narrowed', [
      config('defaults', 'old'),
      config('default', 'new'),
      config('fairlead-test', 'new'),
    ]),
  );
  await narrow.until('narrowed', 'is refused', isRefused);
  narrow.want(wantedApplication('narrowed', [config('defaults', 'new')]));
  const inside = { apiVersion: 'v1', kind: 'ConfigMap', name: 'narrowed', namespace: 'defaults' };
  const isNew = async () => (await admin.find(inside))?.['data'].text === 'new';
  await waitUntil('what is inside is applied', isNew, { limitMs });
  await narrow.until('narrowed', 'is refused still', isRefused);
  await narrow.engine.whenIdle();
  expect((await live()).map((object) => object?.['data'])).toEqual([{ text: 'old' }, { text: 'old' }]);
  expect(narrow.requests.filter((request) => request.startsWith('delete '))).toEqual([]);
  await narrow.close();

  const again = await open(openGuard);
  await again.untilApplied(wantedApplication('narrowed', [config('defaults', 'new')]));
  await waitUntil('the rest is pruned', async () => (await live()).every((object) => object === undefined), {
    limitMs,
  });
});

/** One engine with everything as Git has it, in mode observe; resolves once it has looked at all of it. */
async function observe(guard: Guard): Promise<EngineRig> {
  const rig = await engineRig(planes.cluster('observe'), memoryState(), (kube) => kube, guard);
  rigs.push(rig);
  const options: Partial<DesiredApplication> = { mode: 'observe' };
  rig.want(wantedApplication('web', objects as unknown as readonly Manifest[], options));
  await rig.until('web', 'was looked at', ({ objects: all }) => {
    return all.length >= objects.length && all.every(({ sync }) => sync !== 'Unknown');
  });
  await rig.engine.whenIdle();
  return rig;
}

function differences(rig: EngineRig): readonly string[] {
  return rig
    .drifts('web')
    .flatMap(({ drift }) =>
      drift.fields.map(({ path, desired, live }) => JSON.stringify([drift.ref, path, desired, live])),
    )
    .sort();
}

async function create(object: KubeObject): Promise<void> {
  await admin.create(object).catch((error: unknown) => {
    if (!(error instanceof KubeError) || error.status !== 409) throw error;
  });
}

async function rendered(): Promise<readonly KubeObject[]> {
  const { helm, kustomize } = await ensureBinaries(['helm', 'kustomize'], { log: () => undefined });
  const storefront = join(examples, 'charts/storefront');
  const sources = [
    {
      namespace: 'payments',
      command: [kustomize.path, 'build', join(examples, 'apps/payments/overlays/prod')],
    },
    {
      namespace: 'storefront',
      command: [
        ...[
          helm.path,
          'template',
          'storefront',
          storefront,
          '--namespace',
          'storefront',
          '--no-hooks',
          '--skip-tests',
        ],
        ...['--values', join(storefront, 'values-prod.yaml')],
      ],
    },
    ...(hasCorpus
      ? [
          ...['dev', 'staging', 'production'].map((overlay) => ({
            namespace: overlay,
            command: [kustomize.path, 'build', join(corpusDir, 'podinfo/deploy/overlays', overlay)],
          })),
          {
            namespace: 'boutique',
            command: [kustomize.path, 'build', join(corpusDir, 'online-boutique/kustomize/base')],
          },
        ]
      : []),
  ];
  const all = await Promise.all(
    sources.map(async ({ namespace, command: [program = '', ...args] }) => {
      const { stdout } = await promisify(execFile)(program, args, { maxBuffer: 16 * 1024 * 1024 });
      return parseAllDocuments(stdout).flatMap((document) => {
        const object = document.toJS() as KubeObject | null;
        return object === null || object['kind'] === 'ServiceMonitor' ? [] : [placed(object, namespace)];
      });
    }),
  );
  return all.flat();
}

function placed(object: KubeObject, namespace: string): KubeObject {
  if (object['kind'] === 'Namespace') return object;
  return { ...object, metadata: { namespace, ...object['metadata'] } };
}

const template = {
  metadata: { labels: { app: 'a' } },
  spec: {
    restartPolicy: 'Never',
    hostNetwork: false,
    containers: [
      {
        name: 'a',
        image: 'a:1',
        env: [
          { name: 'EMPTY', value: '' },
          { name: 'CPU', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
        ],
        ports: [{ containerPort: 80 }, { name: 'dns', containerPort: 53, protocol: 'UDP' }],
        resources: { requests: { cpu: 0.5, memory: '1024Mi' }, limits: { cpu: '1000m', memory: '2.5Gi' } },
        livenessProbe: { httpGet: { path: '/', port: 80 } },
        volumeMounts: [{ name: 'tmp', mountPath: '/tmp' }],
        securityContext: { privileged: false, capabilities: { drop: ['ALL'] } },
      },
    ],
    volumes: [
      { name: 'tmp', emptyDir: { sizeLimit: '1000Mi' } },
      { name: 'map', configMap: { name: 'm', items: [{ key: 'a', path: 'a' }] } },
    ],
    tolerations: [{ key: 'a', operator: 'Exists' }],
    topologySpreadConstraints: [],
  },
};
const selector = { matchLabels: { app: 'a' } };
const at = (name: string): object => ({ name, namespace: 'defaults' });
/** Kinds to which an API server adds much, written the short way. */
const defaulted: readonly KubeObject[] = [
  {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: at('set'),
    spec: {
      serviceName: 'a',
      selector,
      template: { ...template, spec: { ...template.spec, restartPolicy: 'Always' } },
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } },
        },
      ],
    },
  },
  {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: at('daemon'),
    spec: { selector, template: { ...template, spec: { ...template.spec, restartPolicy: 'Always' } } },
  },
  { apiVersion: 'batch/v1', kind: 'Job', metadata: at('job'), spec: { template } },
  {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: at('cron'),
    spec: { schedule: '0 * * * *', suspend: false, jobTemplate: { spec: { template } } },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: at('svc'),
    spec: {
      selector: { app: 'a' },
      type: 'NodePort',
      ports: [{ port: 80 }, { name: 'dns', port: 53, protocol: 'UDP' }].map((port, index) => ({
        name: `p${index}`,
        ...port,
      })),
    },
  },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: at('secret'),
    stringData: { user: 'me' },
    data: { key: 'djE=' },
  },
  {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { ...at('map'), labels: {}, annotations: { 'example.com/zero': '0' } },
    data: { version: '1.0', empty: '' },
  },
  {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: at('claim'),
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '0.5Gi' } } },
  },
  {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: at('quota'),
    spec: { hard: { 'requests.cpu': '2000m', pods: 10 } },
  },
  {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: at('limits'),
    spec: {
      limits: [
        {
          type: 'Container',
          default: { cpu: '500m' },
          defaultRequest: { memory: '0.5Gi' },
          max: { cpu: '2000m' },
        },
      ],
    },
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: at('policy'),
    spec: {
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
      ingress: [{ from: [{ podSelector: {} }], ports: [{ port: 80 }] }],
      egress: [{}],
    },
  },
  {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: at('ingress'),
    spec: {
      rules: [
        {
          host: 'a.example.com',
          http: {
            paths: [
              { path: '/', pathType: 'Prefix', backend: { service: { name: 'a', port: { number: 80 } } } },
            ],
          },
        },
      ],
    },
  },
  {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: at('hpa'),
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'a' },
      maxReplicas: 3,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'AverageValue', averageValue: '1000m' } },
        },
      ],
    },
  },
  {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: at('budget'),
    spec: { minAvailable: '50%', selector },
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'Role',
    metadata: at('role'),
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: at('binding'),
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'role' },
    subjects: [
      { kind: 'User', name: 'me' },
      { kind: 'ServiceAccount', name: 'a', namespace: 'defaults' },
    ],
  },
];
