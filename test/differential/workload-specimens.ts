import type { Json, JsonObject } from '../../core/json.ts';
import type { Path } from './object-path.ts';
import type { ListSpot, Specimen, Spot } from './specimen.ts';

const template: JsonObject = {
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'web', image: 'nginx:1.27' }] },
};

const env: readonly Json[] = [
  { name: 'A', value: '1' },
  { name: 'B', value: '2' },
  { name: 'C', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
  { name: 'D' },
];

function podSpots(spec: Path): readonly Spot[] {
  const web: Path = [...spec, 'containers', { name: 'web' }];
  return [
    { path: [...web, 'image'], values: ['nginx:1.27', 'nginx:1.28', 'nginx:theirs'] },
    { path: [...web, 'imagePullPolicy'], values: ['Always', 'IfNotPresent'] },
    { path: [...web, 'resources', 'limits', 'cpu'], values: ['1', '1000m', '2', 3] },
    { path: [...web, 'resources', 'requests', 'memory'], values: ['64Mi', '67108864', '128Mi'] },
    { path: [...web, 'env', { name: 'A' }, 'value'], values: ['1', 'x'] },
    { path: [...web, 'securityContext', 'runAsUser'], values: [0, 1000] },
    {
      path: [...web, 'readinessProbe'],
      values: [{ httpGet: { port: 80 } }, { tcpSocket: { port: 'http' } }],
    },
    { path: [...web, 'args'], values: [['serve'], ['serve', '--debug'], []] },
    { path: [...spec, 'nodeSelector'], values: [{ disk: 'ssd' }, { disk: 'hdd', zone: 'a' }] },
    { path: [...spec, 'terminationGracePeriodSeconds'], values: [10, 30, 60] },
    { path: [...spec, 'containers', { name: 'side' }], values: [{ name: 'side', image: 'envoy:1' }] },
    { path: [...spec, 'serviceAccountName'], values: ['default', 'other'] },
  ];
}

function podLists(spec: Path): readonly ListSpot[] {
  const web: Path = [...spec, 'containers', { name: 'web' }];
  return [
    { path: [...web, 'env'], items: env },
    {
      path: [...web, 'ports'],
      items: [
        { containerPort: 80 },
        { containerPort: 53, protocol: 'UDP', name: 'dns' },
        { containerPort: 53, protocol: 'TCP', name: 'dns-tcp' },
        { containerPort: 8080, name: 'http' },
      ],
    },
    {
      path: [...spec, 'containers'],
      items: [
        { name: 'web', image: 'nginx:1.27' },
        { name: 'log', image: 'log:1' },
        { name: 'mesh', image: 'mesh:1' },
      ],
    },
    {
      path: [...spec, 'tolerations'],
      items: [
        { key: 'a', operator: 'Exists' },
        { key: 'b', value: 'x', effect: 'NoSchedule' },
        { operator: 'Exists' },
      ],
    },
    {
      path: [...spec, 'volumes'],
      items: [
        { name: 'tmp', emptyDir: {} },
        { name: 'conf', configMap: { name: 'x' } },
        { name: 'key', secret: { secretName: 'y' } },
      ],
    },
    { path: [...spec, 'imagePullSecrets'], items: [{ name: 'one' }, { name: 'two' }, { name: 'three' }] },
  ];
}

const inTemplate: Path = ['spec', 'template', 'spec'];
const templateNotes: Spot = {
  path: ['spec', 'template', 'metadata', 'annotations', 'kubectl.kubernetes.io/restartedAt'],
  values: ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'],
};
const replicas: Spot = { path: ['spec', 'replicas'], values: [0, 1, 2, 5] };
const selector = { matchLabels: { app: 'web' } };

export const workloadSpecimens: readonly Specimen[] = [
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    scope: 'namespaced',
    base: { spec: { selector, template } },
    spots: [
      ...podSpots(inTemplate),
      templateNotes,
      replicas,
      { path: ['spec', 'paused'], values: [true, false] },
      { path: ['spec', 'strategy', 'rollingUpdate', 'maxSurge'], values: [1, '25%', '50%'] },
      { path: ['spec', 'minReadySeconds'], values: [0, 5] },
      { path: ['spec', 'revisionHistoryLimit'], values: [3, 10] },
    ],
    lists: podLists(inTemplate),
    patches: 'strategic',
    status: { replicas: 1, observedGeneration: 1 },
    scale: ['spec', 'replicas'],
  },
  {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    scope: 'namespaced',
    base: { spec: { serviceName: 'web', selector, template } },
    spots: [
      ...podSpots(inTemplate),
      templateNotes,
      replicas,
      { path: ['spec', 'ordinals', 'start'], values: [1, 2] },
    ],
    lists: podLists(inTemplate),
    patches: 'strategic',
    status: { replicas: 1, observedGeneration: 1 },
    scale: ['spec', 'replicas'],
  },
  {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    scope: 'namespaced',
    base: { spec: { selector, template } },
    spots: [
      ...podSpots(inTemplate),
      templateNotes,
      { path: ['spec', 'updateStrategy', 'rollingUpdate', 'maxUnavailable'], values: [1, '10%'] },
    ],
    lists: podLists(inTemplate),
    patches: 'strategic',
    status: { currentNumberScheduled: 0, desiredNumberScheduled: 0, numberMisscheduled: 0, numberReady: 0 },
  },
  {
    apiVersion: 'batch/v1',
    kind: 'Job',
    scope: 'namespaced',
    base: {
      spec: {
        suspend: true,
        template: { spec: { containers: [{ name: 'web', image: 'nginx:1.27' }], restartPolicy: 'Never' } },
      },
    },
    spots: [
      { path: ['spec', 'suspend'], values: [true, false] },
      { path: ['spec', 'parallelism'], values: [0, 1, 3] },
      { path: ['spec', 'activeDeadlineSeconds'], values: [60, 600] },
      { path: ['spec', 'ttlSecondsAfterFinished'], values: [10, 100] },
      { path: ['spec', 'template', 'spec', 'nodeSelector'], values: [{ disk: 'ssd' }] },
    ],
    lists: [],
    patches: 'strategic',
    status: { active: 1 },
  },
  {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    scope: 'namespaced',
    base: {
      spec: {
        schedule: '0 3 * * *',
        jobTemplate: {
          spec: {
            template: {
              spec: { containers: [{ name: 'web', image: 'nginx:1.27' }], restartPolicy: 'Never' },
            },
          },
        },
      },
    },
    spots: [
      { path: ['spec', 'schedule'], values: ['0 3 * * *', '*/5 * * * *'] },
      { path: ['spec', 'suspend'], values: [true, false] },
      { path: ['spec', 'concurrencyPolicy'], values: ['Allow', 'Forbid', 'Replace'] },
      { path: ['spec', 'failedJobsHistoryLimit'], values: [0, 1, 5] },
      ...podSpots(['spec', 'jobTemplate', 'spec', 'template', 'spec']),
    ],
    lists: podLists(['spec', 'jobTemplate', 'spec', 'template', 'spec']),
    patches: 'strategic',
    status: { lastScheduleTime: '2026-01-01T00:00:00Z' },
  },
  {
    apiVersion: 'v1',
    kind: 'PodTemplate',
    scope: 'namespaced',
    base: { template },
    spots: podSpots(['template', 'spec']),
    lists: podLists(['template', 'spec']),
    patches: 'strategic',
  },
];
