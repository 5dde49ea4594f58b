import { describe, it } from 'vitest';
import { checkCase, conditions, type HealthCase, kind, minutesAgo } from './health-case.ts';

const service = kind('v1', 'Service');
const ingress = kind('networking.k8s.io/v1', 'Ingress');
const claim = kind('v1', 'PersistentVolumeClaim');
const volume = kind('v1', 'PersistentVolume');
const scaler = kind('autoscaling/v2', 'HorizontalPodAutoscaler');
const oldScaler = kind('autoscaling/v1', 'HorizontalPodAutoscaler');
const budget = kind('policy/v1', 'PodDisruptionBudget');
const definition = kind('apiextensions.k8s.io/v1', 'CustomResourceDefinition');
const apiService = kind('apiregistration.k8s.io/v1', 'APIService');
const namespace = kind('v1', 'Namespace');
const policy = kind('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy');
const signing = kind('certificates.k8s.io/v1', 'CertificateSigningRequest');
const balanced = { type: 'LoadBalancer' };
const address = { loadBalancer: { ingress: [{ ip: '10.0.0.1' }] } };
const free = 'holds nothing back';
const young = { creationTimestamp: minutesAgo(1) };
const leaving = { deletionTimestamp: '2026-03-01T11:59:00Z' };
const isGood = conditions(
  ['AbleToScale', 'True', 'ReadyForNewScale'],
  ['ScalingActive', 'True', 'ValidMetricFound'],
);

const cases: readonly HealthCase[] = [
  ['a Service inside the cluster', service({}), 'Healthy'],
  ['a Service without a status', service(), 'Healthy'],
  ['a Service with a load balancer', service(address, balanced), 'Healthy'],
  [
    'a Service that waits for a load balancer',
    service({ loadBalancer: {} }, balanced),
    'Progressing',
    'NoAddress',
    free,
  ],
  ['an Ingress with an address', ingress(address), 'Healthy'],
  ['an Ingress without an address', ingress({ loadBalancer: {} }), 'Progressing', 'NoAddress', free],
  [
    'an Ingress of the old group',
    kind('extensions/v1beta1', 'Ingress')({}),
    'Progressing',
    'NoAddress',
    free,
  ],

  ['a claim that is bound', claim({ phase: 'Bound' }), 'Healthy'],
  ['a claim without a volume', claim({ phase: 'Pending' }), 'Progressing', 'ClaimPending', free],
  ['a claim without a status', claim(), 'Progressing', 'ClaimPending', free],
  ['a claim whose volume is lost', claim({ phase: 'Lost' }), 'Degraded', 'ClaimLost', free],
  ['a claim in a phase that nobody knows', claim({ phase: 'Odd' }), 'Unknown', 'PhaseUnknown', free],
  ['a claim that grows', claim({ phase: 'Bound', ...conditions(['Resizing', 'True']) }), 'Healthy'],
  [
    'a claim that can not grow',
    claim({ phase: 'Bound', ...conditions(['ControllerResizeError', 'True', '', 'no space']) }),
    'Degraded',
    'ControllerResizeError',
    free,
  ],
  ['a volume that is bound', volume({ phase: 'Bound' }), 'Healthy'],
  ['a volume that is free', volume({ phase: 'Available' }), 'Healthy'],
  ['a volume nobody has looked at', volume(), 'Progressing', 'VolumePending', free],
  [
    'a volume that could not be recycled',
    volume({ phase: 'Failed', message: 'in use' }),
    'Degraded',
    'VolumeFailed',
    free,
  ],

  ['an autoscaler that works', scaler(isGood), 'Healthy'],
  [
    'an autoscaler at its limit',
    scaler(conditions(['ScalingLimited', 'True', 'TooManyReplicas'])),
    'Healthy',
  ],
  ['an autoscaler that is new', scaler({}), 'Progressing', 'NotScaled', free],
  [
    'an autoscaler that finds no target',
    scaler(conditions(['AbleToScale', 'False', 'FailedGetScale'])),
    'Degraded',
    'FailedGetScale',
    free,
  ],
  [
    'an autoscaler that may not scale',
    scaler(conditions(['AbleToScale', 'False', 'FailedUpdateScale'])),
    'Degraded',
    'FailedUpdateScale',
    free,
  ],
  [
    'an autoscaler without metrics',
    scaler(conditions(['AbleToScale', 'True'], ['ScalingActive', 'False', 'FailedGetResourceMetric'])),
    'Degraded',
    'FailedGetResourceMetric',
    free,
  ],
  [
    'an autoscaler without metrics yet',
    scaler(
      conditions(['AbleToScale', 'True'], ['ScalingActive', 'False', 'FailedGetResourceMetric']),
      {},
      young,
    ),
    'Progressing',
    'FailedGetResourceMetric',
    free,
  ],
  [
    'an autoscaler without external metrics',
    scaler(conditions(['ScalingActive', 'False', 'FailedGetExternalMetric'])),
    'Degraded',
    'FailedGetExternalMetric',
    free,
  ],
  [
    'an autoscaler with a selector that is none',
    scaler(conditions(['ScalingActive', 'False', 'InvalidSelector'])),
    'Degraded',
    'InvalidSelector',
    free,
  ],
  [
    'an autoscaler of nothing',
    scaler(conditions(['AbleToScale', 'True'], ['ScalingActive', 'False', 'ScalingDisabled'])),
    'Healthy',
  ],
  [
    'an old autoscaler that works',
    oldScaler(
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
    'an old autoscaler that finds no target',
    oldScaler(
      {},
      {},
      {
        annotations: {
          'autoscaling.alpha.kubernetes.io/conditions':
            '[{"type":"AbleToScale","status":"False","reason":"FailedGetScale"}]',
        },
      },
    ),
    'Degraded',
    'FailedGetScale',
    free,
  ],
  [
    'an old autoscaler whose annotation is damaged',
    oldScaler({}, {}, { annotations: { 'autoscaling.alpha.kubernetes.io/conditions': '[' } }),
    'Progressing',
    'NotScaled',
    free,
  ],

  [
    'a budget that allows',
    budget({ observedGeneration: 2, ...conditions(['DisruptionAllowed', 'True']) }),
    'Healthy',
  ],
  [
    'a budget that is used up',
    budget({ observedGeneration: 2, ...conditions(['DisruptionAllowed', 'False', 'InsufficientPods']) }),
    'Healthy',
  ],
  [
    'a budget that can not be reckoned',
    budget({ observedGeneration: 2, ...conditions(['DisruptionAllowed', 'False', 'SyncFailed']) }),
    'Degraded',
    'SyncFailed',
    free,
  ],
  ['a budget without a status', budget(), 'Progressing', 'NotObserved', free],
  [
    'a budget with an old status',
    budget({ observedGeneration: 1, ...conditions(['DisruptionAllowed', 'True']) }),
    'Progressing',
    'GenerationBehind',
    free,
  ],

  [
    'a definition that is served',
    definition(conditions(['NamesAccepted', 'True'], ['Established', 'True'])),
    'Healthy',
  ],
  ['a definition that is new', definition(), 'Progressing', 'Installing'],
  [
    'a definition that installs',
    definition(conditions(['Established', 'False', 'Installing'])),
    'Progressing',
    'Installing',
  ],
  [
    'a definition whose names are taken',
    definition(
      conditions(['NamesAccepted', 'False', 'ListKindConflict'], ['Established', 'False', 'NotAccepted']),
    ),
    'Degraded',
    'ListKindConflict',
  ],
  [
    'a definition that is not established',
    definition(conditions(['Established', 'False', 'NotAccepted'])),
    'Degraded',
    'NotAccepted',
  ],
  [
    'a definition without structure',
    definition(conditions(['NonStructuralSchema', 'True', 'Violations'], ['Established', 'True'])),
    'Degraded',
    'Violations',
  ],
  [
    'a definition whose objects go',
    definition(conditions(['Terminating', 'True'], ['Established', 'True'])),
    'Progressing',
    'Terminating',
  ],

  ['an API that answers', apiService(conditions(['Available', 'True'])), 'Healthy'],
  ['an API that is new', apiService(), 'Progressing', 'NotObserved'],
  [
    'an API that does not answer yet',
    apiService(conditions(['Available', 'False', 'MissingEndpoints'])),
    'Progressing',
    'MissingEndpoints',
  ],
  [
    'an API that stays away',
    apiService(
      conditions(['Available', 'False', 'ServiceNotFound', '', { lastTransitionTime: minutesAgo(3) }]),
    ),
    'Degraded',
    'ServiceNotFound',
  ],

  ['a Namespace that is there', namespace({ phase: 'Active' }), 'Healthy'],
  ['a Namespace that nobody has looked at', namespace({}), 'Healthy'],
  ['a Namespace that goes', namespace({ phase: 'Terminating' }), 'Progressing', 'Terminating'],
  [
    'a Namespace that is deleted',
    namespace(
      {
        phase: 'Terminating',
        ...conditions(['NamespaceFinalizersRemaining', 'True', '', 'finalizers remain']),
      },
      {},
      leaving,
    ),
    'Progressing',
    'Terminating',
  ],

  ['a policy that nobody checks', policy(), 'none'],
  ['a policy that fits', policy({ observedGeneration: 2, typeChecking: {} }), 'Healthy'],
  [
    'a policy checked before its change',
    policy({ observedGeneration: 1, typeChecking: {} }),
    'Progressing',
    'GenerationBehind',
  ],
  [
    'a policy that does not fit',
    policy({
      observedGeneration: 2,
      typeChecking: {
        expressionWarnings: [{ fieldRef: 'spec.validations[0].expression', warning: 'undefined field' }],
      },
    }),
    'Degraded',
    'TypeCheckFailed',
  ],
  ['a certificate that nobody approved', signing({}), 'Progressing', 'NotApproved', free],
  [
    'a certificate that is approved',
    signing(conditions(['Approved', 'True'])),
    'Progressing',
    'NotIssued',
    free,
  ],
  [
    'a certificate that is issued',
    signing({ ...conditions(['Approved', 'True']), certificate: 'TFM=' }),
    'Healthy',
  ],
  [
    'a certificate that is denied',
    signing(conditions(['Denied', 'True', 'NotYours'])),
    'Degraded',
    'NotYours',
    free,
  ],

  ['a ConfigMap', kind('v1', 'ConfigMap')(), 'none'],
  ['a Secret', kind('v1', 'Secret')(), 'none'],
  ['a Role', kind('rbac.authorization.k8s.io/v1', 'Role')(), 'none'],
  ['a ServiceAccount', kind('v1', 'ServiceAccount')(), 'none'],
  [
    'a ConfigMap on its way out',
    kind('v1', 'ConfigMap')(undefined, {}, { ...leaving, finalizers: ['x.io/y'] }),
    'Progressing',
    'Terminating',
  ],
];

describe('the health of what the platform keeps', () => {
  for (const given of cases) it(`is right for ${given[0]}`, () => checkCase(given));
});
