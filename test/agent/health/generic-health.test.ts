import { describe, it } from 'vitest';
import { checkCase, conditions, type HealthCase, kind, minutesAgo, now } from './health-case.ts';

const gauge = kind('x.io/v1', 'Gauge');
const certificate = kind('cert-manager.io/v1', 'Certificate');
const secret = kind('external-secrets.io/v1', 'ExternalSecret');
const old = { observedGeneration: 1 };
const read = { observedGeneration: 2 };
const isReady = conditions(['Ready', 'True']);

const generic: readonly HealthCase[] = [
  ['a kind that says nothing', gauge(), 'none'],
  ['a kind with an empty status', gauge({}), 'none'],
  ['a kind with other words', gauge({ phase: 'Ready' }), 'none'],
  ['a kind that has read this generation', gauge(read), 'Healthy'],
  ['a kind that has read an older generation', gauge(old), 'Progressing', 'GenerationBehind'],
  [
    'a kind that was ready before its change',
    gauge({ ...old, ...isReady }),
    'Progressing',
    'GenerationBehind',
  ],
  [
    'a kind that had failed before its change',
    gauge({ ...old, ...conditions(['Stalled', 'True', 'No']) }),
    'Progressing',
    'GenerationBehind',
  ],
  [
    'a kind whose condition is of an older generation',
    gauge(conditions(['Ready', 'True', '', '', old])),
    'Progressing',
    'GenerationBehind',
  ],
  [
    'a kind whose condition is of this generation',
    gauge(conditions(['Ready', 'True', '', '', read])),
    'Healthy',
  ],
  ['a kind whose generation is text', gauge({ observedGeneration: '1' }), 'Progressing', 'GenerationBehind'],
  ['a kind that is ready', gauge({ ...read, ...isReady }), 'Healthy'],
  [
    'a kind that works on it',
    gauge({ ...read, ...conditions(['Ready', 'True'], ['Reconciling', 'True', 'NewGeneration']) }),
    'Progressing',
    'NewGeneration',
  ],
  [
    'a kind that gave up',
    gauge({ ...read, ...conditions(['Stalled', 'True', 'RetriesExhausted']) }),
    'Degraded',
    'RetriesExhausted',
  ],
  ['a kind that failed', gauge(conditions(['Failed', 'True', 'NoQuota'])), 'Degraded', 'NoQuota'],
  ['a kind that did not fail', gauge(conditions(['Failed', 'False'], ['Ready', 'True'])), 'Healthy'],
  [
    'a kind that is degraded, though available',
    gauge(conditions(['Available', 'True'], ['Degraded', 'True', 'OneDown'])),
    'Degraded',
    'OneDown',
  ],
  [
    'a kind that is not ready',
    gauge(conditions(['Ready', 'False', 'Pending', 'soon'])),
    'Progressing',
    'Pending',
  ],
  [
    'a kind that is not ready for a reason that is a failure',
    gauge(conditions(['Ready', 'False', 'ReconcileError'])),
    'Degraded',
    'ReconcileError',
  ],
  [
    'a kind that is not ready without a reason',
    gauge(conditions(['Ready', 'False'])),
    'Progressing',
    'Ready',
  ],
  [
    'a kind that does not know',
    gauge(conditions(['Ready', 'Unknown', 'ReconcileError'])),
    'Progressing',
    'ReconcileError',
  ],
  [
    'a kind that has not been ready for long',
    gauge(conditions(['Ready', 'False', 'Pending', '', { lastTransitionTime: minutesAgo(11) }])),
    'Degraded',
    'Pending',
  ],
  [
    'a kind that is not ready since nobody knows when',
    gauge(conditions(['Ready', 'False', 'Pending', '', { lastTransitionTime: '' }])),
    'Progressing',
    'Pending',
  ],
  ['a kind that is available', gauge(conditions(['Available', 'True'])), 'Healthy'],
  [
    'a kind that is not available',
    gauge(conditions(['Available', 'False', 'Starting'])),
    'Progressing',
    'Starting',
  ],
  ['a kind that is synced', gauge(conditions(['Synced', 'True'])), 'Healthy'],
  ['a kind that succeeded', gauge(conditions(['Succeeded', 'True'])), 'Healthy'],
  [
    'a kind that only progresses',
    gauge(conditions(['Progressing', 'True', 'Working'])),
    'Progressing',
    'Working',
  ],
  ['a kind on its way out', gauge(isReady, {}, { deletionTimestamp: now }), 'Progressing', 'Terminating'],
];

/** The status was there before the change, or is not there yet, and nothing in it says what it is for. */
const awaited: readonly HealthCase[] = [
  ['a kind without a status', gauge(), 'Progressing', 'StatusAwaited'],
  ['a kind that was ready', gauge(isReady), 'Progressing', 'StatusAwaited'],
  ['a kind that had failed', gauge(conditions(['Stalled', 'True', 'No'])), 'Progressing', 'StatusAwaited'],
  ['a kind that has answered', gauge({ ...read, ...isReady }), 'Healthy'],
  ['a kind whose condition answers', gauge(conditions(['Ready', 'True', '', '', read])), 'Healthy'],
  ['a Certificate without a status', certificate(), 'Progressing', 'StatusAwaited'],
  ['an ExternalSecret that was synced', secret(isReady), 'Progressing', 'StatusAwaited'],
  [
    'a snapshot that was ready',
    kind('snapshot.storage.k8s.io/v1', 'VolumeSnapshot')({ readyToUse: true }),
    'Progressing',
    'StatusAwaited',
  ],
];

describe('the health of kinds that nobody knows', () => {
  for (const given of generic) {
    it(`is right by the common conditions for ${given[0]}`, () => checkCase(given));
  }
  for (const given of awaited) {
    it(`waits for the answer of ${given[0]}`, () =>
      checkCase(given, { now: new Date(now), status: 'awaited' }));
  }
});
