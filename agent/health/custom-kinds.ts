import type { Health } from '../../core/health.ts';
import { jsonAt, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { conditionOf, conditionsOf, health, healthBy, healthy, trueCondition } from './conditions.ts';
import { byCondition, byPhase, firstCondition, onceRead, unlessSuspended } from './custom-rules.ts';
import { routeHealth } from './gateway-health.ts';
import { genericHealth } from './generic-health.ts';
import type { Rule } from './judgement.ts';

/**
 * Well-known kinds that the generic conditions would misread, as Argo CD's Lua checks judge them
 * (argo-cd, resource_customizations). Keys are `group/Kind`, `group/*` or `*.suffix/*`; the most exact one counts.
 */

const ready = onceRead(byCondition('Ready'));

const flux = unlessSuspended(
  ['spec', 'suspend'],
  onceRead(
    (object) =>
      firstCondition(object, [
        ['Stalled', 'True', 'Degraded'],
        ['Reconciling', 'True', 'Progressing'],
      ]) ?? byCondition('Ready', { movingReasons: /^(Progressing|DependencyNotReady|Unknown)/ })(object),
  ),
);

const rollout = onceRead((object) => {
  const invalid = trueCondition(object, 'InvalidSpec');
  if (invalid !== undefined) return healthBy('Degraded', invalid);
  const progressing = conditionOf(object, 'Progressing');
  if (progressing?.reason === 'RolloutAborted' || progressing?.reason === 'ProgressDeadlineExceeded')
    return healthBy('Degraded', progressing);
  return byPhase({ healthy: ['Healthy'], degraded: ['Degraded'], suspended: ['Paused'] })(object);
});

const analysis = byPhase({
  healthy: ['Successful'],
  degraded: ['Failed', 'Error'],
  unknown: ['Inconclusive'],
});

const applicationSet = onceRead(
  (object) =>
    firstCondition(object, [
      ['ErrorOccurred', 'True', 'Degraded'],
      ['RolloutProgressing', 'True', 'Progressing'],
      ['ResourcesUpToDate', 'True', 'Healthy'],
    ]) ?? health('Progressing', 'NotObserved', 'its applications are not made yet'),
);

const certificate = onceRead((object) => {
  const issuing = trueCondition(object, 'Issuing');
  return issuing === undefined ? byCondition('Ready')(object) : healthBy('Progressing', issuing);
});

const certificateRequest = onceRead((object) => {
  const refused = trueCondition(object, 'InvalidRequest') ?? trueCondition(object, 'Denied');
  if (refused !== undefined) return healthBy('Degraded', refused);
  return byCondition('Ready', { movingReasons: /^Pending$/ })(object);
});

const keda: Rule = onceRead(
  (object) =>
    firstCondition(object, [
      ['Paused', 'True', 'Suspended'],
      ['Ready', 'False', 'Degraded'],
      ['Fallback', 'True', 'Degraded'],
    ]) ?? byCondition('Ready')(object),
);

const crossplane = onceRead(
  (object) =>
    firstCondition(object, [
      ['LastAsyncOperation', 'False', 'Degraded'],
      ['Synced', 'False', 'Degraded'],
      ['Ready', 'True', 'Healthy'],
      ['Ready', 'False', 'Progressing'],
      ['Ready', 'Unknown', 'Progressing'],
    ]) ?? (isDeclaration(object) ? healthy : health('Progressing', 'NotObserved', 'not observed yet')),
);

/** Configuration of Crossplane has no state of its own. */
function isDeclaration({ kind }: KubeObject): boolean {
  return [
    'Composition',
    'CompositionRevision',
    'ProviderConfig',
    'ProviderConfigUsage',
    'DeploymentRuntimeConfig',
  ].includes(kind);
}

const crossplanePackage = onceRead(
  (object) =>
    firstCondition(object, [
      ['Installed', 'False', 'Degraded'],
      ['Healthy', 'False', 'Degraded'],
      ['Healthy', 'True', 'Healthy'],
    ]) ?? health('Progressing', 'Installing', 'the package is not installed yet'),
);

const prometheus = onceRead((object) => {
  const unreconciled = conditionOf(object, 'Reconciled');
  if (unreconciled?.status === 'False') return healthBy('Degraded', unreconciled);
  const available = conditionOf(object, 'Available');
  if (available?.status === 'Degraded') return healthBy('Degraded', available);
  return byCondition('Available', { movingReasons: /^(StatefulSetNotFound|SomePodsNotReady|NoPodReady)$/ })(
    object,
  );
});

const strimzi = onceRead((object) => {
  const unready = trueCondition(object, 'NotReady');
  if (unready !== undefined)
    return healthBy(unready.reason === 'Creating' ? 'Progressing' : 'Degraded', unready);
  return byCondition('Ready', { movingReasons: /^Creating$/ })(object);
});

const elastic = onceRead((object) => {
  const phase = stringAt(object, 'status', 'phase') ?? '';
  const color = stringAt(object, 'status', 'health') ?? '';
  if (phase === 'Invalid') return health('Degraded', 'Invalid', 'its specification is invalid');
  if (color === 'red') return health('Degraded', 'HealthRed', 'it reports health red');
  if (phase !== '' && phase !== 'Ready') return health('Progressing', phase, `it is in phase ${phase}`);
  if (color === 'green') return healthy;
  return health(
    'Progressing',
    color === 'yellow' ? 'HealthYellow' : 'NotObserved',
    color === '' ? 'not observed yet' : `it reports health ${color}`,
  );
});

const cloudNativePostgres = onceRead((object) => {
  const phase = stringAt(object, 'status', 'phase') ?? '';
  if (object.metadata.annotations?.['cnpg.io/hibernation'] === 'on') {
    return health('Suspended', 'Hibernated', 'the cluster is hibernated');
  }
  if (phase === 'Cluster in healthy state') return healthy;
  if (/unrecoverable|fail|unable|cannot|not been|invalid/i.test(phase)) {
    return health('Degraded', 'ClusterFailed', stringAt(object, 'status', 'phaseReason') ?? phase);
  }
  return health('Progressing', 'SettingUp', phase === '' ? 'not observed yet' : phase);
});

const volumeSnapshot = onceRead((object) => {
  if (jsonAt(object, 'status', 'readyToUse') === true) return healthy;
  const error = stringAt(object, 'status', 'error', 'message');
  if (error !== undefined) return health('Degraded', 'SnapshotFailed', error);
  return health('Progressing', 'NotReady', 'the snapshot is not ready to use yet');
});

const acknowledged = onceRead(
  (object) =>
    firstCondition(object, [
      ['ACK.Terminal', 'True', 'Degraded'],
      ['ACK.Recoverable', 'True', 'Degraded'],
      ['ACK.ResourceSynced', 'True', 'Healthy'],
      ['ACK.ResourceSynced', 'False', 'Progressing'],
    ]) ?? health('Progressing', 'NotObserved', 'not observed yet'),
);

const rabbit = onceRead(
  (object) =>
    firstCondition(object, [
      ['ReconcileSuccess', 'False', 'Degraded'],
      ['AllReplicasReady', 'False', 'Progressing'],
      ['ClusterAvailable', 'False', 'Progressing'],
      ['ReconcileSuccess', 'True', 'Healthy'],
    ]) ?? health('Progressing', 'NotObserved', 'not observed yet'),
);

const clusterApi: Rule = (object, facts) => {
  const phase = stringAt(object, 'status', 'phase') ?? '';
  const words = stringAt(object, 'status', 'failureMessage') ?? `it is in phase ${phase}`;
  if (phase === 'Failed') return { health: health('Degraded', 'Failed', words) };
  return genericHealth(object, facts);
};

const gateway = onceRead(
  (object) =>
    firstCondition(object, [
      ['Accepted', 'False', 'Degraded'],
      ['ResolvedRefs', 'False', 'Degraded'],
    ]) ?? byCondition('Programmed', { movingReasons: /^(Pending|AddressNotAssigned|NoResources)$/ })(object),
);

/** Argo CD's own applications are judged where they are applied, not where they are declared (since 1.8). */
const unjudged: Rule = () => ({});

const kubevirt = byPhase({
  at: ['printableStatus'],
  healthy: ['Running'],
  degraded: [
    'CrashLoopBackOff',
    'ErrorUnschedulable',
    'ErrImagePull',
    'ImagePullBackOff',
    'ErrorPvcNotFound',
    'ErrorDataVolumeNotFound',
    'DataVolumeError',
    'Unknown',
  ],
  suspended: ['Stopped', 'Paused'],
});

function tekton(object: KubeObject): Health {
  return byCondition('Succeeded')(object);
}

function sealedSecret(object: KubeObject): Health {
  return conditionsOf(object).length === 0
    ? health('Progressing', 'NotObserved', 'not unsealed yet')
    : byCondition('Synced')(object);
}

const velero = byPhase({
  message: ['failureReason'],
  healthy: ['Completed'],
  degraded: ['Failed', 'PartiallyFailed', 'FailedValidation'],
});

const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  ['argoproj.io/Application', unjudged],
  ['argoproj.io/AppProject', unjudged],
  ['argoproj.io/ApplicationSet', applicationSet],
  ['argoproj.io/Rollout', rollout],
  ['argoproj.io/AnalysisRun', onceRead(analysis)],
  ['argoproj.io/Experiment', onceRead(analysis)],
  ['argoproj.io/Workflow', onceRead(byPhase({ healthy: ['Succeeded'], degraded: ['Failed', 'Error'] }))],
  ['cert-manager.io/Certificate', certificate],
  ['cert-manager.io/CertificateRequest', certificateRequest],
  ['cert-manager.io/Issuer', ready],
  ['cert-manager.io/ClusterIssuer', ready],
  ['gateway.networking.k8s.io/Gateway', gateway],
  [
    'gateway.networking.k8s.io/GatewayClass',
    onceRead(byCondition('Accepted', { movingReasons: /^(Waiting|Pending)$/ })),
  ],
  ['gateway.networking.k8s.io/*', onceRead(routeHealth)],
  ['*.toolkit.fluxcd.io/*', flux],
  ['external-secrets.io/*', ready],
  ['bitnami.com/SealedSecret', onceRead(sealedSecret)],
  ['keda.sh/ScaledObject', keda],
  ['keda.sh/ScaledJob', keda],
  ['pkg.crossplane.io/*', crossplanePackage],
  ['*.crossplane.io/*', crossplane],
  ['*.upbound.io/*', crossplane],
  ['monitoring.coreos.com/Prometheus', prometheus],
  ['monitoring.coreos.com/Alertmanager', prometheus],
  ['monitoring.coreos.com/ThanosRuler', prometheus],
  ['monitoring.coreos.com/*', unjudged],
  ['kafka.strimzi.io/*', strimzi],
  ['*.k8s.elastic.co/*', elastic],
  ['postgresql.cnpg.io/Cluster', cloudNativePostgres],
  [
    'acid.zalan.do/postgresql',
    onceRead(
      byPhase({
        at: ['PostgresClusterStatus'],
        healthy: ['Running'],
        degraded: ['CreateFailed', 'UpdateFailed', 'SyncFailed', 'Invalid'],
      }),
    ),
  ],
  ['snapshot.storage.k8s.io/VolumeSnapshot', volumeSnapshot],
  ['serving.knative.dev/*', ready],
  ['eventing.knative.dev/*', ready],
  ['tekton.dev/PipelineRun', onceRead(tekton)],
  ['tekton.dev/TaskRun', onceRead(tekton)],
  ['velero.io/Backup', onceRead(velero)],
  ['velero.io/Restore', onceRead(velero)],
  ['velero.io/Schedule', onceRead(byPhase({ healthy: ['Enabled'], degraded: ['FailedValidation'] }))],
  ['rabbitmq.com/RabbitmqCluster', rabbit],
  ['*.services.k8s.aws/*', acknowledged],
  [
    '*.cnrm.cloud.google.com/*',
    onceRead(
      byCondition('Ready', { movingReasons: /^(Updating|Creating|DependencyNotReady|DependencyNotFound)$/ }),
    ),
  ],
  ['cluster.x-k8s.io/*', clusterApi],
  ['kubevirt.io/VirtualMachine', onceRead(kubevirt)],
  [
    'kubevirt.io/VirtualMachineInstance',
    onceRead(byPhase({ healthy: ['Running', 'Succeeded'], degraded: ['Failed'] })),
  ],
]);

/** The rule of a custom kind, or of its group. */
export function customKindRule(group: string, kind: string): Rule | undefined {
  const suffixes = group.split('.').map((_part, index, parts) => `*.${parts.slice(index + 1).join('.')}/*`);
  for (const key of [`${group}/${kind}`, `${group}/*`, ...suffixes]) {
    const rule = rules.get(key);
    if (rule !== undefined) return rule;
  }
  return undefined;
}
