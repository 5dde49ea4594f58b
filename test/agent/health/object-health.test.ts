import { describe, expect, it } from 'vitest';
import { applicationHealth, type MemberHealth } from '../../../agent/health/application-health.ts';
import { gatesWaves, objectHealth } from '../../../agent/health/object-health.ts';
import type { HealthStatus } from '../../../core/health.ts';
import type { Json } from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube-object.ts';

function live(
  apiVersion: string,
  kind: string,
  spec: object,
  status: object,
  metadata: object = {},
): KubeObject {
  return {
    apiVersion,
    kind,
    metadata: { name: 'a', generation: 2, ...metadata },
    spec: spec as Json,
    status: status as Json,
  };
}

function condition(type: string, status: string, reason = 'Because', message = 'words'): object {
  return { conditions: [{ type, status, reason, message }] };
}

const seen = { observedGeneration: 2 };
const rolled = { ...seen, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };

const cases: readonly [string, KubeObject, HealthStatus | undefined][] = [
  ['a Deployment that is rolled out', live('apps/v1', 'Deployment', { replicas: 2 }, rolled), 'Healthy'],
  ['a Deployment nobody has looked at', live('apps/v1', 'Deployment', { replicas: 2 }, {}), 'Progressing'],
  [
    'a Deployment with an old status',
    live('apps/v1', 'Deployment', { replicas: 2 }, { ...rolled, observedGeneration: 1 }),
    'Progressing',
  ],
  ['a Deployment whose new pods come', live('apps/v1', 'Deployment', { replicas: 3 }, rolled), 'Progressing'],
  [
    'a Deployment whose old pods go',
    live('apps/v1', 'Deployment', { replicas: 2 }, { ...rolled, replicas: 3 }),
    'Progressing',
  ],
  [
    'a Deployment whose pods start',
    live('apps/v1', 'Deployment', { replicas: 2 }, { ...rolled, availableReplicas: 1 }),
    'Progressing',
  ],
  ['a paused Deployment', live('apps/v1', 'Deployment', { paused: true }, {}), 'Suspended'],
  [
    'a Deployment past its deadline',
    live(
      'apps/v1',
      'Deployment',
      {},
      { ...seen, ...condition('Progressing', 'False', 'ProgressDeadlineExceeded') },
    ),
    'Degraded',
  ],
  [
    'a Deployment that may not make pods',
    live('apps/v1', 'Deployment', {}, { ...seen, ...condition('ReplicaFailure', 'True') }),
    'Degraded',
  ],
  ['a StatefulSet that is ready', live('apps/v1', 'StatefulSet', { replicas: 2 }, rolled), 'Healthy'],
  [
    'a StatefulSet that rolls',
    live('apps/v1', 'StatefulSet', { replicas: 2 }, { ...rolled, currentRevision: 'a', updateRevision: 'b' }),
    'Progressing',
  ],
  [
    'a StatefulSet updated to its partition',
    live(
      'apps/v1',
      'StatefulSet',
      { replicas: 2, updateStrategy: { rollingUpdate: { partition: 1 } } },
      { ...rolled, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
    ),
    'Healthy',
  ],
  [
    'a StatefulSet that is updated by deleting',
    live(
      'apps/v1',
      'StatefulSet',
      { replicas: 2, updateStrategy: { type: 'OnDelete' } },
      { ...rolled, currentRevision: 'a', updateRevision: 'b' },
    ),
    'Healthy',
  ],
  [
    'a DaemonSet that is everywhere',
    live(
      'apps/v1',
      'DaemonSet',
      {},
      { ...seen, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 },
    ),
    'Healthy',
  ],
  [
    'a DaemonSet on its way',
    live(
      'apps/v1',
      'DaemonSet',
      {},
      { ...seen, desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 1 },
    ),
    'Progressing',
  ],
  [
    'a ReplicaSet over its quota',
    live('apps/v1', 'ReplicaSet', {}, { ...seen, ...condition('ReplicaFailure', 'True') }),
    'Degraded',
  ],
  ['a running Job', live('batch/v1', 'Job', {}, { active: 1 }), 'Progressing'],
  ['a completed Job', live('batch/v1', 'Job', {}, condition('Complete', 'True')), 'Healthy'],
  ['a failed Job', live('batch/v1', 'Job', {}, condition('Failed', 'True')), 'Degraded'],
  ['a Job that did not fail', live('batch/v1', 'Job', {}, condition('Failed', 'False')), 'Progressing'],
  ['a suspended Job', live('batch/v1', 'Job', {}, condition('Suspended', 'True')), 'Suspended'],
  ['a resumed Job', live('batch/v1', 'Job', {}, condition('Suspended', 'False')), 'Progressing'],
  [
    'a CronJob whose last run failed',
    live(
      'batch/v1',
      'CronJob',
      {},
      { lastScheduleTime: '2026-01-02T00:00:00Z', lastSuccessfulTime: '2026-01-01T00:00:00Z' },
    ),
    'Degraded',
  ],
  [
    'a CronJob that is running',
    live('batch/v1', 'CronJob', {}, { lastScheduleTime: '2026-01-02T00:00:00Z', active: [{}] }),
    'Healthy',
  ],
  ['a ready Pod', live('v1', 'Pod', {}, { phase: 'Running', ...condition('Ready', 'True') }), 'Healthy'],
  [
    'a Pod whose init container fails',
    live(
      'v1',
      'Pod',
      {},
      {
        phase: 'Pending',
        initContainerStatuses: [{ name: 'i', state: { waiting: { reason: 'CrashLoopBackOff' } } }],
      },
    ),
    'Degraded',
  ],
  [
    'a Pod without an image',
    live(
      'v1',
      'Pod',
      {},
      {
        phase: 'Pending',
        containerStatuses: [{ name: 'i', state: { waiting: { reason: 'ErrImagePull' } } }],
      },
    ),
    'Degraded',
  ],
  ['a failed Pod', live('v1', 'Pod', { restartPolicy: 'Never' }, { phase: 'Failed' }), 'Degraded'],
  ['a plain Service', live('v1', 'Service', {}, {}), 'Healthy'],
  ['a load balancer without an address', live('v1', 'Service', { type: 'LoadBalancer' }, {}), 'Progressing'],
  [
    'an Ingress with an address',
    live('networking.k8s.io/v1', 'Ingress', {}, { loadBalancer: { ingress: [{ ip: '1.2.3.4' }] } }),
    'Healthy',
  ],
  ['a bound claim', live('v1', 'PersistentVolumeClaim', {}, { phase: 'Bound' }), 'Healthy'],
  ['a lost claim', live('v1', 'PersistentVolumeClaim', {}, { phase: 'Lost' }), 'Degraded'],
  [
    'an autoscaler without metrics',
    live(
      'autoscaling/v2',
      'HorizontalPodAutoscaler',
      {},
      condition('ScalingActive', 'False', 'FailedGetResourceMetric'),
    ),
    'Degraded',
  ],
  [
    'an autoscaler that works',
    live('autoscaling/v2', 'HorizontalPodAutoscaler', {}, condition('AbleToScale', 'True')),
    'Healthy',
  ],
  [
    'an autoscaler of v1',
    live(
      'autoscaling/v1',
      'HorizontalPodAutoscaler',
      {},
      {},
      {
        annotations: {
          'autoscaling.alpha.kubernetes.io/conditions': '[{"type":"AbleToScale","status":"True"}]',
        },
      },
    ),
    'Healthy',
  ],
  [
    'a budget without pods',
    live(
      'policy/v1',
      'PodDisruptionBudget',
      {},
      { ...seen, ...condition('DisruptionAllowed', 'False', 'InsufficientPods') },
    ),
    'Healthy',
  ],
  [
    'a budget that fails',
    live(
      'policy/v1',
      'PodDisruptionBudget',
      {},
      { ...seen, ...condition('DisruptionAllowed', 'False', 'SyncFailed') },
    ),
    'Degraded',
  ],
  [
    'a definition in use',
    live('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {}, condition('Established', 'True')),
    'Healthy',
  ],
  [
    'a definition whose name is taken',
    live('apiextensions.k8s.io/v1', 'CustomResourceDefinition', {}, condition('NamesAccepted', 'False')),
    'Degraded',
  ],
  ['a namespace on its way out', live('v1', 'Namespace', {}, { phase: 'Terminating' }), 'Progressing'],
  [
    'an API without its server',
    live('apiregistration.k8s.io/v1', 'APIService', {}, condition('Available', 'False')),
    'Progressing',
  ],
  ['a custom object that is ready', live('x.io/v1', 'Gauge', {}, condition('Ready', 'True')), 'Healthy'],
  [
    'a custom object that is not ready',
    live('x.io/v1', 'Gauge', {}, condition('Ready', 'False')),
    'Progressing',
  ],
  ['a custom object that is stalled', live('x.io/v1', 'Gauge', {}, condition('Stalled', 'True')), 'Degraded'],
  [
    'a custom object with an old status',
    live('x.io/v1', 'Gauge', {}, { observedGeneration: 1, ...condition('Ready', 'True') }),
    'Progressing',
  ],
  ['a ConfigMap', live('v1', 'ConfigMap', {}, {}), undefined],
  [
    'anything on its way out',
    live('v1', 'ConfigMap', {}, {}, { deletionTimestamp: '2026-01-01T00:00:00Z', finalizers: ['x'] }),
    'Progressing',
  ],
];

describe('objectHealth', () => {
  it.each(cases)('of %s', (_what, object, status) => {
    expect(objectHealth(object)?.status).toBe(status);
  });

  it('lets no kind that may stay in progress for good hold a wave', () => {
    expect(gatesWaves({ group: '', kind: 'Service' })).toBe(false);
    expect(gatesWaves({ group: 'apps', kind: 'Deployment' })).toBe(true);
    expect(gatesWaves({ group: 'x.io', kind: 'Gauge' })).toBe(true);
  });
});

function member(status: HealthStatus | undefined, more: Partial<MemberHealth> = {}): MemberHealth {
  const ref = { group: '', kind: 'Pod', namespace: 'x', name: 'a' };
  return {
    ref,
    presence: 'live',
    counts: true,
    ...(status === undefined ? {} : { health: { status, message: 'why' } }),
    ...more,
  };
}

describe('applicationHealth', () => {
  it.each<[string, readonly MemberHealth[], HealthStatus]>([
    ['nothing', [], 'Healthy'],
    ['kinds without health', [member(undefined)], 'Healthy'],
    ['the worst of several', [member('Healthy'), member('Degraded'), member('Progressing')], 'Degraded'],
    [
      'one that is missing among others',
      [member('Healthy'), member(undefined, { presence: 'missing' })],
      'Healthy',
    ],
    ['nothing live', [member(undefined, { presence: 'missing' })], 'Missing'],
    ['one that does not count', [member('Degraded', { counts: false })], 'Healthy'],
  ])('of %s', (_what, members, status) => {
    expect(applicationHealth(members).status).toBe(status);
  });

  it('names who is to blame, and no more than three', () => {
    const { message } = applicationHealth([1, 2, 3, 4, 5].map(() => member('Degraded')));
    expect(message).toBe('Pod x/a: why; Pod x/a: why; Pod x/a: why and 2 more');
  });
});
