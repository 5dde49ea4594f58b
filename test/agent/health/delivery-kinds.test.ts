import { describe, it } from 'vitest';
import { checkCase, conditions, type HealthCase, kind } from './health-case.ts';

const rollout = kind('argoproj.io/v1alpha1', 'Rollout');
const certificate = kind('cert-manager.io/v1', 'Certificate');
const request = kind('cert-manager.io/v1', 'CertificateRequest');
const issuer = kind('cert-manager.io/v1', 'ClusterIssuer');
const gateway = kind('gateway.networking.k8s.io/v1', 'Gateway');
const gatewayClass = kind('gateway.networking.k8s.io/v1', 'GatewayClass');
const route = kind('gateway.networking.k8s.io/v1', 'HTTPRoute');
const kustomization = kind('kustomize.toolkit.fluxcd.io/v1', 'Kustomization');
const helmRelease = kind('helm.toolkit.fluxcd.io/v2', 'HelmRelease');
const applicationSet = kind('argoproj.io/v1alpha1', 'ApplicationSet');
const workflow = kind('argoproj.io/v1alpha1', 'Workflow');
const old = { observedGeneration: 1 };
const read = { observedGeneration: 2 };
const isReady = conditions(['Ready', 'True']);

function parents(...list: readonly ReturnType<typeof conditions>[]) {
  return { parents: list.map((entry) => ({ ...entry, parentRef: { name: 'outer' } })) };
}

const known: readonly HealthCase[] = [
  ['a Rollout that is through', rollout({ observedGeneration: '2', phase: 'Healthy' }), 'Healthy'],
  [
    'a Rollout with an old status',
    rollout({ observedGeneration: '1', phase: 'Healthy' }),
    'Progressing',
    'GenerationBehind',
  ],
  [
    'a Rollout that waits for a person',
    rollout({ ...read, phase: 'Paused', message: 'CanaryPauseStep' }),
    'Suspended',
    'Paused',
  ],
  ['a Rollout under way', rollout({ ...read, phase: 'Progressing' }), 'Progressing', 'Progressing'],
  [
    'a Rollout that was aborted',
    rollout({ ...read, phase: 'Degraded', ...conditions(['Progressing', 'False', 'RolloutAborted']) }),
    'Degraded',
    'RolloutAborted',
  ],
  [
    'a Rollout that is none',
    rollout({ ...read, ...conditions(['InvalidSpec', 'True', 'InvalidSpec', 'no selector']) }),
    'Degraded',
    'InvalidSpec',
  ],
  ['a Rollout nobody has looked at', rollout(), 'Progressing', 'NotObserved'],
  [
    'an analysis that is inconclusive',
    kind('argoproj.io/v1alpha1', 'AnalysisRun')({ phase: 'Inconclusive' }),
    'Unknown',
    'Inconclusive',
  ],
  [
    'an analysis that failed',
    kind('argoproj.io/v1alpha1', 'AnalysisRun')({ phase: 'Failed' }),
    'Degraded',
    'Failed',
  ],
  ['a Workflow that is done', workflow({ phase: 'Succeeded' }), 'Healthy'],
  ['a Workflow that runs', workflow({ phase: 'Running' }), 'Progressing', 'Running'],
  ['a Workflow that broke', workflow({ phase: 'Error' }), 'Degraded', 'Error'],
  [
    "another tool's application",
    kind('argoproj.io/v1alpha1', 'Application')({ health: { status: 'Degraded' } }),
    'none',
  ],
  [
    'an ApplicationSet that failed',
    applicationSet(conditions(['ErrorOccurred', 'True', 'ApplicationGenerationError'])),
    'Degraded',
    'ApplicationGenerationError',
  ],
  [
    'an ApplicationSet that is through',
    applicationSet(conditions(['ErrorOccurred', 'False'], ['ResourcesUpToDate', 'True'])),
    'Healthy',
  ],

  ['a Certificate that is issued', certificate(isReady), 'Healthy'],
  [
    'a Certificate that is being issued',
    certificate(conditions(['Issuing', 'True', 'Issuing'], ['Ready', 'False', 'DoesNotExist'])),
    'Progressing',
    'Issuing',
  ],
  [
    'a Certificate that could not be issued',
    certificate(conditions(['Ready', 'False', 'DoesNotExist'])),
    'Degraded',
    'DoesNotExist',
  ],
  [
    'a Certificate of before its change',
    certificate(conditions(['Ready', 'True', '', '', old])),
    'Progressing',
    'GenerationBehind',
  ],
  ['a Certificate nobody has looked at', certificate(), 'Progressing', 'NotObserved'],
  ['a request that waits', request(conditions(['Ready', 'False', 'Pending'])), 'Progressing', 'Pending'],
  ['a request that was denied', request(conditions(['Denied', 'True', 'policy'])), 'Degraded', 'policy'],
  ['an issuer that is ready', issuer(isReady), 'Healthy'],
  [
    'an issuer that can not register',
    issuer(conditions(['Ready', 'False', 'ErrRegisterACMEAccount'])),
    'Degraded',
    'ErrRegisterACMEAccount',
  ],

  [
    'a Gateway that is programmed',
    gateway(conditions(['Accepted', 'True'], ['Programmed', 'True'])),
    'Healthy',
  ],
  [
    'a Gateway that is not programmed yet',
    gateway(conditions(['Accepted', 'True'], ['Programmed', 'False', 'Pending'])),
    'Progressing',
    'Pending',
  ],
  [
    'a Gateway that nobody accepts',
    gateway(conditions(['Accepted', 'False', 'ListenersNotValid'])),
    'Degraded',
    'ListenersNotValid',
  ],
  [
    'a Gateway programmed before its change',
    gateway(conditions(['Programmed', 'True', '', '', old])),
    'Progressing',
    'GenerationBehind',
  ],
  [
    'a GatewayClass that waits for a controller',
    gatewayClass(conditions(['Accepted', 'Unknown', 'Waiting'])),
    'Progressing',
    'Waiting',
  ],
  ['a GatewayClass that is accepted', gatewayClass(conditions(['Accepted', 'True'])), 'Healthy'],
  ['a route that nobody took up', route({}), 'Progressing', 'NoParents'],
  [
    'a route that is accepted',
    route(parents(conditions(['Accepted', 'True'], ['ResolvedRefs', 'True']))),
    'Healthy',
  ],
  [
    'a route without its service',
    route(parents(conditions(['Accepted', 'True'], ['ResolvedRefs', 'False', 'BackendNotFound']))),
    'Degraded',
    'BackendNotFound',
  ],
  [
    'a route that one of two gateways refuses',
    route(
      parents(conditions(['Accepted', 'True']), conditions(['Accepted', 'False', 'NotAllowedByListeners'])),
    ),
    'Degraded',
    'NotAllowedByListeners',
  ],
  [
    'a route accepted before its change',
    route(parents(conditions(['Accepted', 'True', '', '', old]))),
    'Progressing',
    'GenerationBehind',
  ],

  ['a Kustomization that is applied', kustomization({ ...read, ...isReady }), 'Healthy'],
  [
    'a Kustomization that is suspended',
    kustomization({ ...read, ...isReady }, { suspend: true }),
    'Suspended',
    'Suspended',
  ],
  [
    'a Kustomization that failed',
    kustomization({ ...read, ...conditions(['Ready', 'False', 'BuildFailed']) }),
    'Degraded',
    'BuildFailed',
  ],
  [
    'a Kustomization that waits for another',
    kustomization({ ...read, ...conditions(['Ready', 'False', 'DependencyNotReady']) }),
    'Progressing',
    'DependencyNotReady',
  ],
  [
    'a HelmRelease under way',
    helmRelease({
      ...read,
      ...conditions(['Reconciling', 'True', 'Progressing'], ['Ready', 'Unknown', 'Progressing']),
    }),
    'Progressing',
    'Progressing',
  ],
  [
    'a HelmRelease that gave up',
    helmRelease({
      ...read,
      ...conditions(['Stalled', 'True', 'RetriesExceeded'], ['Ready', 'False', 'InstallFailed']),
    }),
    'Degraded',
    'RetriesExceeded',
  ],
];

describe('the health of well-known kinds of deployments, certificates and routes', () => {
  for (const given of known) it(`is right for ${given[0]}`, () => checkCase(given));
});
