import { describe, expect, it } from 'vitest';
import {
  asksForPods,
  joinTrouble,
  podSelector,
  readPods,
  withReason,
} from '../../../agent/health/deepest-reason.ts';
import { readEvents } from '../../../agent/health/event-reason.ts';
import type { JsonObject } from '../../../core/json.ts';
import type { KubeObject } from '../../../core/kube-object.ts';
import { kind, minutesAgo } from './health-case.ts';

const selector = { matchLabels: { app: 'web' } };
const web = kind('apps/v1', 'Deployment')({}, { selector }, { uid: 'owner' });
const unavailable = {
  status: 'Progressing',
  reason: 'NotAvailable',
  message: '0 of 2 replicas are available',
} as const;

function pod(name: string, status: JsonObject, more: JsonObject = {}): KubeObject {
  const ownerReferences = [{ uid: 'newest', controller: true }];
  return kind('v1', 'Pod')(status, {}, { name, uid: name, ownerReferences, ...more });
}

function waiting(reason: string, message = ''): JsonObject {
  return {
    phase: 'Pending',
    containerStatuses: [{ name: 'web', image: 'shop/web:1', state: { waiting: { reason, message } } }],
  };
}

function event(reason: string, message: string, ago: number, type = 'Warning'): KubeObject {
  return { ...kind('v1', 'Event')(), type, reason, message, lastTimestamp: minutesAgo(ago) };
}

const ready = { phase: 'Running', containerStatuses: [{ name: 'web', ready: true, state: { running: {} } }] };
const unready = {
  phase: 'Running',
  containerStatuses: [{ name: 'web', ready: false, state: { running: {} } }],
};

describe('pods are looked at', () => {
  it.each<[string, boolean, Parameters<typeof asksForPods>]>([
    ['of a Deployment that does not come up', true, [web, unavailable]],
    [
      'of one that failed',
      true,
      [web, { ...unavailable, status: 'Degraded', reason: 'ProgressDeadlineExceeded' }],
    ],
    ['never of one that is well', false, [web, { status: 'Healthy', message: '' }]],
    ['never of one that nobody has read', false, [web, { ...unavailable, reason: 'NotObserved' }]],
    [
      'never of one whose newest change nobody has read',
      false,
      [web, { ...unavailable, reason: 'GenerationBehind' }],
    ],
    ['never of one that is paused', false, [web, { ...unavailable, status: 'Suspended', reason: 'Paused' }]],
    ['never of a kind that has none', false, [kind('v1', 'Service')({}, { selector }), unavailable]],
    ['never of all there are', false, [kind('apps/v1', 'Deployment')({}, { selector: {} }), unavailable]],
  ])('%s', (_what, asked, given) => {
    expect(asksForPods(...given)).toBe(asked);
  });

  it('by the selector of their workload', () => {
    const expressions = [
      { key: 'tier', operator: 'In', values: ['a', 'b'] },
      { key: 'old', operator: 'DoesNotExist' },
      { key: 'x', operator: 'NotIn', values: ['y'] },
      { key: 'z', operator: 'Exists' },
    ];
    const object = kind('apps/v1', 'StatefulSet')(
      {},
      { selector: { ...selector, matchExpressions: expressions } },
    );
    expect(podSelector(object)).toBe('app=web,tier in (a,b),!old,x notin (y),z');
    expect(podSelector(kind('v1', 'ReplicationController')({}, { selector: { app: 'x' } }))).toBe('app=x');
  });
});

describe('the deepest reason', () => {
  it('is that of the pods, and how many have it', () => {
    const pods = [pod('a', ready), pod('b', waiting('CreateContainerConfigError', 'secret "db" not found'))];
    const found = readPods(web, pods);
    expect(found.askEventsOf).toBeUndefined();
    expect(withReason(web, unavailable, found.trouble as never, 'new')).toEqual({
      status: 'Progressing',
      reason: 'CreateContainerConfigError',
      message:
        '0 of 2 replicas are available: 1 of 2 pods: container web can\'t start (CreateContainerConfigError): secret "db" not found',
    });
  });

  it('leaves out pods of the revision before, and those that go', () => {
    const old = pod('a', waiting('CrashLoopBackOff'), {
      creationTimestamp: minutesAgo(90),
      ownerReferences: [{ uid: 'before', controller: true }],
    });
    const going = pod('b', waiting('ErrImagePull'), { deletionTimestamp: minutesAgo(1) });
    expect(readPods(web, [old, going, pod('c', unready)]).trouble?.reason).toBe('ContainersNotReady');
  });

  it('is that of an init container, though the others only wait', () => {
    const status = {
      phase: 'Pending',
      initContainerStatuses: [
        {
          name: 'migrate',
          restartCount: 3,
          state: { waiting: { reason: 'CrashLoopBackOff' } },
          lastState: { terminated: { exitCode: 1, reason: 'Error', message: 'no database' } },
        },
      ],
      containerStatuses: [{ name: 'web', state: { waiting: { reason: 'PodInitializing' } } }],
    };
    expect(readPods(web, [pod('a', status)]).trouble).toMatchObject({
      reason: 'CrashLoopBackOff',
      message: 'init container migrate keeps crashing 3 times: exited with code 1: no database',
    });
  });

  it('is asked of the events where there are no pods, where one is not ready, or where the registry said more', () => {
    expect(readPods(web, []).askEventsOf).toBe('owner');
    expect(readPods(web, [pod('a', unready)]).askEventsOf).toBe('a');
    expect(readPods(web, [pod('a', waiting('ContainerCreating'))]).askEventsOf).toBe('a');
    const vague = waiting('ImagePullBackOff', 'Back-off pulling image "shop/web:1"');
    expect(readPods(web, [pod('a', vague)]).askEventsOf).toBe('a');
    const told = waiting('ImagePullBackOff', 'Back-off pulling image "shop/web:1": ErrImagePull: not found');
    expect(readPods(web, [pod('a', told)]).askEventsOf).toBeUndefined();
  });

  it.each<[string, readonly KubeObject[], string | undefined]>([
    [
      'a quota',
      [event('FailedCreate', 'exceeded quota: small', 1)],
      'its pods are refused: exceeded quota: small',
    ],
    [
      'a webhook',
      [event('FailedCreate', 'admission webhook "w" denied the request', 1)],
      'its pods are refused: admission webhook "w" denied the request',
    ],
    [
      'a refusal that is over',
      [event('FailedCreate', 'exceeded quota', 2), event('SuccessfulCreate', 'created', 1, 'Normal')],
      undefined,
    ],
    [
      'a probe',
      [event('Unhealthy', 'Readiness probe failed: 503', 1)],
      'a probe fails: Readiness probe failed: 503',
    ],
    [
      'the registry',
      [
        event('Failed', 'Error: ErrImagePull', 1),
        event('Failed', 'Failed to pull image "shop/web:1": denied', 2),
      ],
      'Failed to pull image "shop/web:1": denied',
    ],
    [
      'a volume',
      [event('FailedMount', 'secret "tls" not found', 1)],
      `a volume can't be mounted: secret "tls" not found`,
    ],
    [
      'nothing that matters',
      [event('Scheduled', 'assigned', 1, 'Normal'), event('Pulling', 'pulling', 1, 'Normal')],
      undefined,
    ],
    ['nothing', [], undefined],
  ])('by events is %s', (_what, events, message) => {
    expect(readEvents(events)?.message).toBe(message);
  });

  it('joins what the pod says with what its events add', () => {
    const pods = readPods(web, [
      pod('a', waiting('ImagePullBackOff', 'Back-off pulling image "shop/web:1"')),
    ]);
    const joined = joinTrouble(pods, readEvents([event('Failed', 'manifest unknown', 1)]));
    expect(joined?.reason).toBe('ImagePullBackOff');
    expect(joined?.message).toMatch(/manifest unknown$/);
    const probe = joinTrouble(readPods(web, [pod('a', unready)]), readEvents([event('Unhealthy', '503', 1)]));
    expect(probe).toMatchObject({ reason: 'Unhealthy', message: 'a probe fails: 503' });
  });

  it('degrades at once what may not make pods, and what has no deadline of its own once it lasts', () => {
    const refused = { reason: 'FailedCreate', severity: 'failing', message: 'exceeded quota' } as const;
    const stuck = { reason: 'ImagePullBackOff', severity: 'failing', message: 'no image' } as const;
    const set = kind('apps/v1', 'StatefulSet')({}, { selector });
    expect(withReason(set, unavailable, refused, 'new').status).toBe('Degraded');
    expect(withReason(set, unavailable, stuck, 'new').status).toBe('Progressing');
    expect(withReason(set, unavailable, stuck, 'lasting').status).toBe('Degraded');
    expect(withReason(web, unavailable, stuck, 'lasting').status).toBe('Progressing');
  });

  it("keeps a workload's own reason where a container only failed", () => {
    const failed = {
      status: 'Degraded',
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached its limit.',
    } as const;
    const crash = {
      reason: 'Error',
      severity: 'failing',
      message: 'container a exited with code 2',
    } as const;
    expect(withReason(kind('batch/v1', 'Job')(), failed, crash, 'new')).toEqual({
      status: 'Degraded',
      reason: 'BackoffLimitExceeded',
      message: 'Job has reached its limit: container a exited with code 2',
    });
  });
});
