import { describe, it } from 'vitest';
import { checkCase, conditions, type HealthCase, kind } from './health-case.ts';

const deployment = kind('apps/v1', 'Deployment');
const statefulSet = kind('apps/v1', 'StatefulSet');
const daemonSet = kind('apps/v1', 'DaemonSet');
const replicaSet = kind('apps/v1', 'ReplicaSet');
const controller = kind('v1', 'ReplicationController');
const two = { replicas: 2 };
const seen = { observedGeneration: 2 };
const rolled = { ...seen, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 };
const onAll = {
  ...seen,
  desiredNumberScheduled: 3,
  currentNumberScheduled: 3,
  updatedNumberScheduled: 3,
  numberAvailable: 3,
};
const leaving = { deletionTimestamp: '2026-03-01T11:59:00Z' };

const cases: readonly HealthCase[] = [
  ['a Deployment that is rolled out', deployment(rolled, two), 'Healthy'],
  [
    'a Deployment with one replica, as the default is',
    deployment({ ...seen, replicas: 1, updatedReplicas: 1, availableReplicas: 1 }),
    'Healthy',
  ],
  ['a Deployment of no replicas', deployment(seen, { replicas: 0 }), 'Healthy'],
  ['a Deployment without a status', deployment(undefined, two), 'Progressing', 'NotObserved'],
  ['a Deployment with an empty status', deployment({}, two), 'Progressing', 'NotObserved'],
  [
    'a Deployment whose counts come without a generation',
    deployment({ replicas: 2, updatedReplicas: 2, availableReplicas: 2 }, two),
    'Progressing',
    'NotObserved',
  ],
  [
    'a Deployment with the status of an older generation',
    deployment({ ...rolled, observedGeneration: 1 }, two),
    'Progressing',
    'GenerationBehind',
  ],
  [
    'a Deployment whose older generation had failed',
    deployment(
      { observedGeneration: 1, ...conditions(['Progressing', 'False', 'ProgressDeadlineExceeded']) },
      two,
    ),
    'Progressing',
    'GenerationBehind',
  ],
  [
    'a Deployment whose older generation was refused',
    deployment({ observedGeneration: 1, ...conditions(['ReplicaFailure', 'True', 'FailedCreate']) }, two),
    'Progressing',
    'GenerationBehind',
  ],
  ['a Deployment that is read ahead of us', deployment({ ...rolled, observedGeneration: 3 }, two), 'Healthy'],
  ['a Deployment whose new pods come', deployment(rolled, { replicas: 3 }), 'Progressing', 'RollingOut'],
  [
    'a Deployment with no new pod yet',
    deployment({ ...seen, replicas: 2, availableReplicas: 2 }, two),
    'Progressing',
    'RollingOut',
  ],
  [
    'a Deployment whose old pods go',
    deployment({ ...rolled, replicas: 3 }, two),
    'Progressing',
    'PendingTermination',
  ],
  [
    'a Deployment that shrinks to nothing',
    deployment({ ...seen, replicas: 1 }, { replicas: 0 }),
    'Progressing',
    'PendingTermination',
  ],
  [
    'a Deployment whose pods start',
    deployment({ ...rolled, availableReplicas: 1 }, two),
    'Progressing',
    'NotAvailable',
  ],
  [
    'a Deployment with no pod that is available',
    deployment({ ...rolled, availableReplicas: 0 }, two),
    'Progressing',
    'NotAvailable',
  ],
  ['a paused Deployment', deployment(rolled, { ...two, paused: true }), 'Suspended', 'Paused'],
  [
    'a paused Deployment that nobody has read',
    deployment(undefined, { paused: true }),
    'Suspended',
    'Paused',
  ],
  [
    'a Deployment past its deadline',
    deployment(
      { ...seen, ...conditions(['Progressing', 'False', 'ProgressDeadlineExceeded', 'it timed out']) },
      two,
    ),
    'Degraded',
    'ProgressDeadlineExceeded',
  ],
  [
    'a Deployment that is over its quota',
    deployment({ ...seen, ...conditions(['ReplicaFailure', 'True', 'FailedCreate', 'exceeded quota']) }, two),
    'Degraded',
    'FailedCreate',
  ],
  [
    'a Deployment that was over its quota',
    deployment({ ...rolled, ...conditions(['ReplicaFailure', 'False', 'FailedCreate']) }, two),
    'Healthy',
  ],
  [
    'a Deployment that may not make pods, before its deadline',
    deployment(
      {
        ...rolled,
        ...conditions(
          ['Progressing', 'True', 'ReplicaSetUpdated'],
          ['ReplicaFailure', 'True', 'FailedCreate'],
        ),
      },
      two,
    ),
    'Degraded',
    'FailedCreate',
  ],
  ['a Deployment on its way out', deployment(rolled, two, leaving), 'Progressing', 'Terminating'],

  ['a StatefulSet that is ready', statefulSet(rolled, two), 'Healthy'],
  ['a StatefulSet without a status', statefulSet(undefined, two), 'Progressing', 'NotObserved'],
  [
    'a StatefulSet with generation nought observed',
    statefulSet({ observedGeneration: 0 }, two),
    'Progressing',
    'NotObserved',
  ],
  [
    'a StatefulSet with an old status',
    statefulSet({ ...rolled, observedGeneration: 1 }, two),
    'Progressing',
    'GenerationBehind',
  ],
  [
    'a StatefulSet whose pods start',
    statefulSet({ ...rolled, readyReplicas: 1 }, two),
    'Progressing',
    'ReplicasNotReady',
  ],
  ['a StatefulSet that waits for its first pod', statefulSet(seen, two), 'Progressing', 'ReplicasNotReady'],
  [
    'a StatefulSet that shrinks',
    statefulSet({ ...rolled, replicas: 3, readyReplicas: 3 }, two),
    'Progressing',
    'PendingTermination',
  ],
  [
    'a StatefulSet between two revisions',
    statefulSet({ ...rolled, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' }, two),
    'Progressing',
    'RollingOut',
  ],
  [
    'a StatefulSet at its newest revision',
    statefulSet({ ...rolled, currentRevision: 'b', updateRevision: 'b' }, two),
    'Healthy',
  ],
  [
    'a StatefulSet updated to its partition',
    statefulSet(
      { ...rolled, updatedReplicas: 1, currentRevision: 'a', updateRevision: 'b' },
      { ...two, updateStrategy: { rollingUpdate: { partition: 1 } } },
    ),
    'Healthy',
  ],
  [
    'a StatefulSet not updated to its partition',
    statefulSet(
      { ...rolled, updatedReplicas: 0 },
      { ...two, updateStrategy: { rollingUpdate: { partition: 1 } } },
    ),
    'Progressing',
    'RollingOut',
  ],
  [
    'a StatefulSet whose partition is beyond its size',
    statefulSet(
      { ...rolled, updatedReplicas: 0 },
      { ...two, updateStrategy: { rollingUpdate: { partition: 9 } } },
    ),
    'Healthy',
  ],
  [
    'a StatefulSet whose pods a person replaces',
    statefulSet(
      { ...rolled, currentRevision: 'a', updateRevision: 'b' },
      { ...two, updateStrategy: { type: 'OnDelete' } },
    ),
    'Healthy',
  ],
  [
    'a StatefulSet whose pods a person replaces, with one that is not ready',
    statefulSet({ ...rolled, readyReplicas: 1 }, { ...two, updateStrategy: { type: 'OnDelete' } }),
    'Progressing',
    'ReplicasNotReady',
  ],
  ['a StatefulSet of no replicas', statefulSet(seen, { replicas: 0 }), 'Healthy'],
  ['a StatefulSet on its way out', statefulSet(rolled, two, leaving), 'Progressing', 'Terminating'],

  ['a DaemonSet on every node', daemonSet(onAll), 'Healthy'],
  ['a DaemonSet without a status', daemonSet(), 'Progressing', 'NotObserved'],
  [
    'a DaemonSet with an old status',
    daemonSet({ ...onAll, observedGeneration: 1 }),
    'Progressing',
    'GenerationBehind',
  ],
  ['a DaemonSet that rolls', daemonSet({ ...onAll, updatedNumberScheduled: 1 }), 'Progressing', 'RollingOut'],
  [
    'a DaemonSet with a node that lacks it',
    daemonSet({ ...onAll, numberAvailable: 2 }),
    'Progressing',
    'NotAvailable',
  ],
  ['a DaemonSet that no node is for', daemonSet({ ...seen, desiredNumberScheduled: 0 }), 'Healthy'],
  [
    'a DaemonSet whose pods a person replaces',
    daemonSet({ ...onAll, updatedNumberScheduled: 0 }, { updateStrategy: { type: 'OnDelete' } }),
    'Healthy',
  ],

  ['a ReplicaSet that is available', replicaSet(rolled, two), 'Healthy'],
  ['a ReplicaSet without a status', replicaSet(undefined, two), 'Progressing', 'NotObserved'],
  [
    'a ReplicaSet with an old status',
    replicaSet({ ...rolled, observedGeneration: 1 }, two),
    'Progressing',
    'GenerationBehind',
  ],
  [
    'a ReplicaSet whose pods start',
    replicaSet({ ...rolled, availableReplicas: 0 }, two),
    'Progressing',
    'NotAvailable',
  ],
  [
    'a ReplicaSet that a webhook refuses pods',
    replicaSet(
      { ...seen, ...conditions(['ReplicaFailure', 'True', 'FailedCreate', 'denied the request']) },
      two,
    ),
    'Degraded',
    'FailedCreate',
  ],
  ['a ReplicationController that is available', controller(rolled, two), 'Healthy'],
  [
    'a ReplicationController whose pods start',
    controller({ ...rolled, availableReplicas: 1 }, two),
    'Progressing',
    'NotAvailable',
  ],
  [
    'a ReplicationController over its quota',
    controller({ ...seen, ...conditions(['ReplicaFailure', 'True', 'FailedCreate']) }, two),
    'Degraded',
    'FailedCreate',
  ],
];

describe('the health of workloads', () => {
  for (const given of cases) it(`is right for ${given[0]}`, () => checkCase(given));
});
