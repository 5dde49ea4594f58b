import { describe, it } from 'vitest';
import { checkCase, conditions, type HealthCase, kind } from './health-case.ts';

const bucket = kind('s3.aws.crossplane.io/v1', 'Bucket');
const provider = kind('pkg.crossplane.io/v1', 'Provider');
const scaled = kind('keda.sh/v1alpha1', 'ScaledObject');
const secret = kind('external-secrets.io/v1', 'ExternalSecret');
const sealed = kind('bitnami.com/v1alpha1', 'SealedSecret');
const kafka = kind('kafka.strimzi.io/v1beta2', 'Kafka');
const elastic = kind('elasticsearch.k8s.elastic.co/v1', 'Elasticsearch');
const postgres = kind('postgresql.cnpg.io/v1', 'Cluster');
const prometheus = kind('monitoring.coreos.com/v1', 'Prometheus');
const machine = kind('kubevirt.io/v1', 'VirtualMachine');
const rabbit = kind('rabbitmq.com/v1beta1', 'RabbitmqCluster');
const queue = kind('sqs.services.k8s.aws/v1alpha1', 'Queue');
const read = { observedGeneration: 2 };
const isReady = conditions(['Ready', 'True']);

const known: readonly HealthCase[] = [
  ['a cloud resource that is there', bucket(conditions(['Synced', 'True'], ['Ready', 'True'])), 'Healthy'],
  [
    'a cloud resource that is made',
    bucket(conditions(['Synced', 'True'], ['Ready', 'False', 'Creating'])),
    'Progressing',
    'Creating',
  ],
  [
    'a cloud resource that is refused',
    bucket(conditions(['Synced', 'False', 'ReconcileError'], ['Ready', 'False', 'Creating'])),
    'Degraded',
    'ReconcileError',
  ],
  [
    'a cloud resource whose last try failed',
    bucket(conditions(['LastAsyncOperation', 'False', 'ApplyFailure'], ['Synced', 'True'])),
    'Degraded',
    'ApplyFailure',
  ],
  [
    'a provider that is installed',
    provider(conditions(['Installed', 'True'], ['Healthy', 'True'])),
    'Healthy',
  ],
  [
    'a provider that is not well',
    provider(conditions(['Installed', 'True'], ['Healthy', 'False', 'UnhealthyPackageRevision'])),
    'Degraded',
    'UnhealthyPackageRevision',
  ],
  ['a provider that installs', provider(conditions(['Installed', 'True'])), 'Progressing', 'Installing'],
  ['a composition', kind('apiextensions.crossplane.io/v1', 'Composition')(), 'Healthy'],
  ['a queue that is synced', queue(conditions(['ACK.ResourceSynced', 'True'])), 'Healthy'],
  [
    'a queue that can not be made',
    queue(conditions(['ACK.ResourceSynced', 'False'], ['ACK.Terminal', 'True', 'InvalidParameter'])),
    'Degraded',
    'InvalidParameter',
  ],

  ['a ScaledObject that works', scaled(conditions(['Ready', 'True'], ['Fallback', 'False'])), 'Healthy'],
  [
    'a ScaledObject that is paused',
    scaled(conditions(['Ready', 'True'], ['Paused', 'True', 'ScaledObjectPaused'])),
    'Suspended',
    'ScaledObjectPaused',
  ],
  [
    'a ScaledObject that fell back',
    scaled(conditions(['Ready', 'True'], ['Fallback', 'True', 'FallbackExists'])),
    'Degraded',
    'FallbackExists',
  ],
  ['an ExternalSecret that is synced', secret(isReady), 'Healthy'],
  [
    'an ExternalSecret that is not there',
    secret(conditions(['Ready', 'False', 'SecretSyncedError'])),
    'Degraded',
    'SecretSyncedError',
  ],
  ['a SealedSecret that opened', sealed(conditions(['Synced', 'True'])), 'Healthy'],
  [
    'a SealedSecret that did not open',
    sealed(conditions(['Synced', 'False', '', 'no key could decrypt it'])),
    'Degraded',
    'Synced',
  ],
  ['a SealedSecret nobody has looked at', sealed(), 'Progressing', 'NotObserved'],

  ['a Kafka that is ready', kafka({ ...read, ...isReady }), 'Healthy'],
  [
    'a Kafka that is made',
    kafka({ ...read, ...conditions(['NotReady', 'True', 'Creating']) }),
    'Progressing',
    'Creating',
  ],
  [
    'a Kafka that failed',
    kafka({ ...read, ...conditions(['NotReady', 'True', 'InvalidResourceException']) }),
    'Degraded',
    'InvalidResourceException',
  ],
  ['an Elasticsearch in green', elastic({ phase: 'Ready', health: 'green' }), 'Healthy'],
  [
    'an Elasticsearch in yellow',
    elastic({ phase: 'Ready', health: 'yellow' }),
    'Progressing',
    'HealthYellow',
  ],
  ['an Elasticsearch in red', elastic({ phase: 'ApplyingChanges', health: 'red' }), 'Degraded', 'HealthRed'],
  [
    'an Elasticsearch that changes',
    elastic({ phase: 'ApplyingChanges', health: 'green' }),
    'Progressing',
    'ApplyingChanges',
  ],
  ['a database that is well', postgres({ phase: 'Cluster in healthy state' }), 'Healthy'],
  ['a database that is set up', postgres({ phase: 'Setting up primary' }), 'Progressing', 'SettingUp'],
  [
    'a database that is past help',
    postgres({ phase: 'Cluster is unrecoverable' }),
    'Degraded',
    'ClusterFailed',
  ],
  [
    'a database that sleeps',
    postgres({ phase: 'Cluster in healthy state' }, {}, { annotations: { 'cnpg.io/hibernation': 'on' } }),
    'Suspended',
    'Hibernated',
  ],
  [
    'a Prometheus that is available',
    prometheus(conditions(['Reconciled', 'True'], ['Available', 'True'])),
    'Healthy',
  ],
  [
    'a Prometheus that starts',
    prometheus(conditions(['Reconciled', 'True'], ['Available', 'False', 'NoPodReady'])),
    'Progressing',
    'NoPodReady',
  ],
  [
    'a Prometheus with bad rules',
    prometheus(conditions(['Reconciled', 'False', 'ReconciliationFailed'])),
    'Degraded',
    'ReconciliationFailed',
  ],
  ['a ServiceMonitor', kind('monitoring.coreos.com/v1', 'ServiceMonitor')(), 'none'],
  [
    'a queue server that is well',
    rabbit(conditions(['ReconcileSuccess', 'True'], ['AllReplicasReady', 'True'])),
    'Healthy',
  ],
  [
    'a queue server that starts',
    rabbit(conditions(['ReconcileSuccess', 'True'], ['AllReplicasReady', 'False', 'NotAllPodsReady'])),
    'Progressing',
    'NotAllPodsReady',
  ],
  ['a virtual machine that runs', machine({ printableStatus: 'Running' }), 'Healthy'],
  ['a virtual machine that is off', machine({ printableStatus: 'Stopped' }), 'Suspended', 'Stopped'],
  [
    'a virtual machine that no node takes',
    machine({ printableStatus: 'ErrorUnschedulable' }),
    'Degraded',
    'ErrorUnschedulable',
  ],
  [
    'a snapshot that is ready',
    kind('snapshot.storage.k8s.io/v1', 'VolumeSnapshot')({ readyToUse: true }),
    'Healthy',
  ],
  [
    'a snapshot that failed',
    kind(
      'snapshot.storage.k8s.io/v1',
      'VolumeSnapshot',
    )({ readyToUse: false, error: { message: 'no space' } }),
    'Degraded',
    'SnapshotFailed',
  ],
  ['a backup that is done', kind('velero.io/v1', 'Backup')({ phase: 'Completed' }), 'Healthy'],
  [
    'a backup that lacks parts',
    kind('velero.io/v1', 'Backup')({ phase: 'PartiallyFailed' }),
    'Degraded',
    'PartiallyFailed',
  ],
  [
    'a run that goes on',
    kind('tekton.dev/v1', 'PipelineRun')(conditions(['Succeeded', 'Unknown', 'Running'])),
    'Progressing',
    'Running',
  ],
  [
    'a run that failed',
    kind('tekton.dev/v1', 'TaskRun')(conditions(['Succeeded', 'False', 'TaskRunTimeout'])),
    'Degraded',
    'TaskRunTimeout',
  ],
  [
    'a service that starts',
    kind('serving.knative.dev/v1', 'Service')({ ...read, ...conditions(['Ready', 'Unknown', 'Deploying']) }),
    'Progressing',
    'Deploying',
  ],
  [
    'a service that failed',
    kind(
      'serving.knative.dev/v1',
      'Service',
    )({ ...read, ...conditions(['Ready', 'False', 'RevisionMissing']) }),
    'Degraded',
    'RevisionMissing',
  ],
  [
    'a cluster that failed',
    kind('cluster.x-k8s.io/v1beta1', 'Cluster')({ phase: 'Failed', failureMessage: 'no account' }),
    'Degraded',
    'Failed',
  ],
  [
    'a cluster that is ready',
    kind('cluster.x-k8s.io/v1beta1', 'Cluster')({ phase: 'Provisioned', ...isReady }),
    'Healthy',
  ],
];

describe('the health of well-known kinds of infrastructure', () => {
  for (const given of known) it(`is right for ${given[0]}`, () => checkCase(given));
});
