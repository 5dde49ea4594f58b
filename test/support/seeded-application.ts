import type { Drift } from '../../core/drift.ts';
import type { Gate } from '../../core/gate.ts';
import type { Health } from '../../core/health.ts';
import type { ApplicationStatus, ObjectStatus } from '../../core/status.ts';
import type { ApplicationRecord } from '../../hub/ports.ts';

type Ago = (minutes: number) => string;

const services = [
  'payments',
  'search',
  'checkout',
  'catalogue',
  'ledger',
  'invoices',
  'identity',
  'sessions',
  'shipping',
  'pricing',
  'reviews',
  'mail',
  'images',
  'orders',
  'fraud',
  'gateway',
] as const;
const teams = ['team-payments', 'team-discovery', 'team-core', 'team-edge'] as const;

const healthy: Health = { status: 'Healthy', message: '' };

/** What an application of this number is up to; one in many isn't well. */
type Fate = 'calm' | 'drifted' | 'degraded' | 'failed' | 'refused' | 'frozen' | 'applying' | 'braked';

function fateOf(index: number): Fate {
  if (index === 2 || index % 97 === 41) return 'drifted';
  if (index === 5 || index % 149 === 60) return 'degraded';
  if (index === 8 || index % 211 === 70) return 'failed';
  if (index === 11 || index % 331 === 80) return 'refused';
  if (index === 14 || index % 401 === 90) return 'frozen';
  if (index === 17 || index % 109 === 50) return 'applying';
  return index === 20 ? 'braked' : 'calm';
}

const note =
  'Safe to scale by hand up to 8 replicas during a sale. Runbook: https://runbooks.example/checkout';

export function seededApplication(index: number, cluster: string, ago: Ago): ApplicationRecord {
  const service = services[index % services.length] ?? 'web';
  const name = `${service}-${cluster}${index < services.length ? '' : `-${index}`}`;
  const fate = fateOf(index);
  const gates = gateOf(fate, service);
  const refused = fate === 'refused';
  const digest = `sha256:${name}`;
  const [environment = ''] = cluster.split('-');
  return {
    application: `argocd/${name}`,
    name,
    project: service === 'payments' || service === 'ledger' ? 'money' : 'platform',
    cluster,
    environment,
    namespace: service,
    mode: environment === 'dev' ? 'heal' : 'sync',
    owner: teams[index % teams.length] ?? 'team-core',
    ...(service === 'checkout' ? { note } : {}),
    repoURL: 'https://git.example/acme/apps.git',
    targetRevision: 'main',
    path: `apps/${service}/overlays/${environment}`,
    location: { file: `applications/${name}.yaml`, line: 1 },
    ...(refused ? {} : { digest, objectsDigest: `sha256:objects-${name}` }),
    commit: commitOf(index, ago),
    deletesOnRemoval: false,
    gates,
    problems: [],
  };
}

function commitOf(index: number, ago: Ago) {
  if (index % 16 === 1)
    return { id: '9be3f02c71', author: 'm.ortiz', committedAt: ago(6), subject: 'search: 2.14.0' };
  return { id: '4f2c1aa90b', author: 'a.novak', committedAt: ago(130), subject: 'base: limits of memory' };
}

function gateOf(fate: Fate, service: string): readonly Gate[] {
  if (fate === 'refused') {
    return [
      {
        kind: 'refusal',
        reason: `project platform doesn't allow namespace ${service}`,
        location: { file: 'fleet/projects/platform.yaml', line: 14 },
        owner: 'project platform',
        remedy: 'Ask the owner of project platform to allow it',
      },
    ];
  }
  if (fate !== 'frozen') return [];
  const location = { file: `apps/${service}/kustomization.yaml`, line: 7 };
  const remedy = 'Mend the syntax there and commit';
  return [
    {
      kind: 'frozen',
      reason: "its source can't be rendered: a tab stands in the indentation",
      location,
      remedy,
    },
  ];
}

/** `undefined` where nothing was ever sent. */
export function seededStatus(
  record: ApplicationRecord,
  index: number,
  ago: Ago,
): ApplicationStatus | undefined {
  const { application, digest, namespace } = record;
  if (digest === undefined) return undefined;
  const fate = fateOf(index);
  const objects = objectsOf(namespace, fate);
  const base = {
    application,
    digest,
    appliedDigest: digest,
    appliedAt: ago(index % 16 === 1 ? 5 : 129),
    health: healthy,
    objects,
    drifts: [],
    failures: [],
    gates: [],
  };
  switch (fate) {
    case 'drifted':
      return { ...base, sync: 'OutOfSync', cause: 'drifted', drifts: driftsOf(record, ago) };
    case 'degraded':
      return { ...base, sync: 'Synced', health: crash(namespace) };
    case 'failed': {
      const message =
        'admission webhook "policy.example" denied the request: container web has no memory limit';
      const ref = objects[1]?.ref ?? { group: 'apps', kind: 'Deployment', namespace, name: 'web' };
      const { appliedDigest: _digest, ...rest } = base;
      return {
        ...rest,
        sync: 'OutOfSync',
        cause: 'failed',
        failures: [{ ref, code: 'webhook-denied', message }],
      };
    }
    case 'applying': {
      const { appliedDigest: _digest, ...rest } = base;
      return {
        ...rest,
        sync: 'OutOfSync',
        cause: 'applying',
        health: { status: 'Progressing', message: 'Deployment web: 1 of 3 replicas are ready' },
      };
    }
    case 'braked':
      return { ...base, sync: 'OutOfSync', cause: 'gated', gates: [brake(ago)] };
    default:
      return { ...base, sync: 'Synced' };
  }
}

function crash(namespace: string): Health {
  return {
    status: 'Degraded',
    message: `Pod ${namespace}/web-7c9f: container web is in CrashLoopBackOff (exit code 137)`,
  };
}

function brake(ago: Ago): Gate {
  return {
    kind: 'brake',
    reason: 'the last commit would delete 14 of 18 objects',
    since: ago(22),
    remedy: 'Revert the commit, or raise deleteLimits in fleet/fleet.yaml and commit',
  };
}

function objectsOf(namespace: string, fate: Fate): readonly ObjectStatus[] {
  const ref = (group: string, kind: string, name: string) => ({ group, kind, namespace, name });
  const web = fate === 'degraded' ? crash(namespace) : healthy;
  const outOfSync = fate === 'drifted' || fate === 'applying' || fate === 'failed';
  return [
    { ref: { group: '', kind: 'Namespace', namespace: '', name: namespace }, sync: 'Synced' },
    { ref: ref('apps', 'Deployment', 'web'), sync: outOfSync ? 'OutOfSync' : 'Synced', health: web },
    { ref: ref('apps', 'Deployment', 'worker'), sync: 'Synced', health: healthy },
    { ref: ref('', 'Service', 'web'), sync: 'Synced', health: healthy },
    { ref: ref('', 'ConfigMap', 'web-config'), sync: 'Synced' },
    { ref: ref('', 'Secret', 'web-keys'), sync: fate === 'drifted' ? 'OutOfSync' : 'Synced' },
    { ref: ref('networking.k8s.io', 'Ingress', 'web'), sync: 'Synced', health: healthy },
    { ref: ref('policy', 'PodDisruptionBudget', 'web'), sync: 'Synced' },
  ];
}

function driftsOf({ application, namespace, name }: ApplicationRecord, ago: Ago): readonly Drift[] {
  const kubectl = { manager: 'kubectl', operation: 'Update', subresource: 'scale' } as const;
  const edit = { manager: 'kubectl-edit', operation: 'Update', subresource: '' } as const;
  const id = (suffix: string) => `${Buffer.from(name).toString('hex').slice(-12)}${suffix}`;
  return [
    {
      id: id('a'),
      application,
      ref: { group: 'apps', kind: 'Deployment', namespace, name: 'web' },
      kind: 'changed',
      fields: [{ path: 'spec.replicas', desired: 3, live: 5, writer: kubectl }],
      observedAt: ago(9),
      writer: kubectl,
      verdict: 'exact',
    },
    {
      id: id('b'),
      application,
      ref: { group: '', kind: 'Secret', namespace, name: 'web-keys' },
      kind: 'changed',
      fields: [
        {
          path: 'data.api-key',
          desired: `hmac-sha256:${'1f'.repeat(32)}`,
          live: `hmac-sha256:${'e4'.repeat(32)}`,
          writer: edit,
          writtenAt: ago(31),
        },
      ],
      observedAt: ago(31),
      writer: edit,
      writtenAt: ago(31),
      verdict: 'exact',
    },
  ];
}
