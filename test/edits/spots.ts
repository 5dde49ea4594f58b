import type { Json, JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { type Step, valueAt } from './field-path.ts';

/** A field that Git sets, and another value that the API server takes. */
export interface Spot {
  readonly steps: readonly Step[];
  readonly git: Json;
  readonly value: Json;
  /** `part`: of a map that is owned as a whole. */
  readonly sort:
    | 'label'
    | 'annotation'
    | 'image'
    | 'env'
    | 'resource'
    | 'replicas'
    | 'data'
    | 'part'
    | 'other';
  /** It may be taken away too, and nothing beside it goes with it. */
  readonly removable: boolean;
}

/** Every field of Git's object that somebody may change, without those that can't be changed in place. */
export function spotsOf(object: KubeObject, salt: number): readonly Spot[] {
  return [...metadataSpots(object, salt), ...workloadSpots(object, salt), ...otherSpots(object, salt)];
}

function metadataSpots(object: KubeObject, salt: number): readonly Spot[] {
  const sorts = [
    ['labels', 'label'],
    ['annotations', 'annotation'],
  ] as const;
  return sorts.flatMap(([name, sort]) =>
    // Our own marks stand beside them.
    Object.entries(object.metadata[name] ?? {}).map(([key, git]) => {
      return { steps: ['metadata', name, key], git, value: `${salt}`, sort, removable: true };
    }),
  );
}

const pod = ['template', 'spec'];

function workloadSpots(object: KubeObject, salt: number): readonly Spot[] {
  const steps = object.kind === 'CronJob' ? ['spec', 'jobTemplate', 'spec', ...pod] : ['spec', ...pod];
  if (valueAt(object, steps) === undefined) return [];
  const notes = ['spec', 'template', 'metadata', 'annotations'];
  return [
    ...Object.keys((valueAt(object, notes) ?? {}) as JsonObject).flatMap((key) =>
      spot(object, [...notes, key], `${salt}`),
    ),
    ...spot(object, [...steps, 'terminationGracePeriodSeconds'], salt),
    ...['containers', 'initContainers'].flatMap((list) =>
      ((valueAt(object, [...steps, list]) ?? []) as readonly JsonObject[]).flatMap((container) =>
        containerSpots(object, [...steps, list, { name: String(container['name']) }], salt),
      ),
    ),
  ];
}

function containerSpots(object: KubeObject, steps: readonly Step[], salt: number): readonly Spot[] {
  const variables = (valueAt(object, [...steps, 'env']) ?? []) as readonly { name: string }[];
  const command = valueAt(object, [...steps, 'command']);
  return [
    ...spot(object, [...steps, 'image'], `registry.example/edited:${salt}`, 'image'),
    ...spot(object, [...steps, 'imagePullPolicy'], 'Always'),
    // Odd: the API server tells 2048Mi as 2Gi.
    ...spot(object, [...steps, 'resources', 'limits', 'memory'], `${2_001 + 2 * salt}Mi`, 'resource'),
    ...spot(object, [...steps, 'resources', 'requests', 'cpu'], `${salt}m`, 'resource'),
    ...(Array.isArray(command) ? spot(object, [...steps, 'command'], [...command, `--edit=${salt}`]) : []),
    ...variables.flatMap(({ name }) =>
      spot(object, [...steps, 'env', { name }, 'value'], `${salt}`, 'env').map((found) => ({
        ...found,
        removable: variables.length > 1,
      })),
    ),
  ];
}

/** By the first word of what is said of a kind; each is left out where Git doesn't set it. */
const fields: Readonly<Record<string, (salt: number) => readonly (readonly [string, Json])[]>> = {
  Deployment: (salt) => [
    ['minReadySeconds', 1 + (salt % 2)],
    ['revisionHistoryLimit', salt],
    ['progressDeadlineSeconds', 60 + salt],
  ],
  StatefulSet: (salt) => [
    ['minReadySeconds', 1 + (salt % 2)],
    ['revisionHistoryLimit', salt],
  ],
  CronJob: (salt) => [
    ['schedule', `${salt % 60} 3 1 1 *`],
    ['concurrencyPolicy', 'Replace'],
    ['successfulJobsHistoryLimit', salt],
  ],
  HorizontalPodAutoscaler: (salt) => [['maxReplicas', salt]],
  NetworkPolicy: () => [['policyTypes', ['Ingress']]],
  PodDisruptionBudget: (salt) => [['maxUnavailable', salt]],
  Ingress: (salt) => [['ingressClassName', `class-${salt}`]],
};

function otherSpots(object: KubeObject, salt: number): readonly Spot[] {
  const { kind } = object;
  const own = (fields[kind]?.(salt) ?? []).flatMap(([name, value]) => spot(object, ['spec', name], value));
  const replicas =
    kind === 'Deployment' || kind === 'StatefulSet'
      ? spot(object, ['spec', 'replicas'], 2 + (salt % 3), 'replicas')
      : [];
  return [
    ...own,
    ...replicas,
    ...spot(object, ['automountServiceAccountToken'], true),
    ...dataSpots(object, salt),
    ...(kind === 'Service' ? portSpots(object, salt) : []),
    ...mapSpots(object, kind === 'Service' ? ['spec', 'selector'] : [], salt),
    ...mapSpots(object, kind === 'NetworkPolicy' ? ['spec', 'podSelector', 'matchLabels'] : [], salt),
  ];
}

function dataSpots(object: KubeObject, salt: number): readonly Spot[] {
  const names = Object.keys((object['data'] ?? {}) as JsonObject);
  const value =
    object.kind === 'Secret' ? Buffer.from(`edited ${salt}`).toString('base64') : `edited ${salt}`;
  return names.flatMap((name) =>
    spot(object, ['data', name], value, 'data').map((found) => ({ ...found, removable: names.length > 1 })),
  );
}

function portSpots(object: KubeObject, salt: number): readonly Spot[] {
  const ports = (valueAt(object, ['spec', 'ports']) ?? []) as readonly { port: number; protocol?: string }[];
  return ports.flatMap(({ port, protocol = 'TCP' }) =>
    spot(object, ['spec', 'ports', { port, protocol }, 'targetPort'], 20_000 + salt),
  );
}

function mapSpots(object: KubeObject, steps: readonly Step[], salt: number): readonly Spot[] {
  if (steps.length === 0) return [];
  const names = Object.keys((valueAt(object, steps) ?? {}) as JsonObject);
  return names.flatMap((name) => spot(object, [...steps, name], `edited-${salt}`, 'part'));
}

/** None where Git doesn't set it, or says the same. */
function spot(
  object: KubeObject,
  steps: readonly Step[],
  value: Json,
  sort: Spot['sort'] = 'other',
): readonly Spot[] {
  const git = valueAt(object, steps);
  if (git === undefined || JSON.stringify(git) === JSON.stringify(value)) return [];
  return [{ steps, git, value, sort, removable: false }];
}
