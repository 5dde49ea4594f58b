import { describe, expect, it } from 'vitest';
import { judgeHealth } from '../../../agent/health/object-health.ts';
import type { JsonObject } from '../../../core/json.ts';
import { checkCase, conditions, type HealthCase, kind, minutesAgo, now } from './health-case.ts';

const pod = kind('v1', 'Pod');
const job = kind('batch/v1', 'Job');
const cronJob = kind('batch/v1', 'CronJob');
const never = { restartPolicy: 'Never' };
const ignoring = { annotations: { 'argocd.argoproj.io/ignore-restart-policy': 'true' } };

function waiting(reason: string, message = '', more: JsonObject = {}): JsonObject {
  return { name: 'web', image: 'shop/web:1', state: { waiting: { reason, message } }, ...more };
}

function ended(exitCode: number, reason = 'Error', message = ''): JsonObject {
  return { terminated: { exitCode, reason, message } };
}

const containers = (...containerStatuses: JsonObject[]): JsonObject => ({
  phase: 'Pending',
  containerStatuses,
});
const inits = (...initContainerStatuses: JsonObject[]): JsonObject => ({
  phase: 'Pending',
  initContainerStatuses,
});
const running = { name: 'web', ready: false, state: { running: {} } };
const ready = conditions(['Ready', 'True']);
const unready = conditions(['Ready', 'False', 'ContainersNotReady', 'containers with unready status: [web]']);
const started = { startTime: minutesAgo(1) };
const [early, late] = [minutesAgo(9), minutesAgo(5)];

const cases: readonly HealthCase[] = [
  ['a Pod nobody has looked at', pod(), 'Progressing', 'Pending'],
  ['a Pod that is ready', pod({ phase: 'Running', ...ready }), 'Healthy'],
  ['a Pod that starts', pod({ phase: 'Running', ...unready }), 'Progressing', 'NotReady'],
  ['a Pod that runs without a word', pod({ phase: 'Running' }), 'Progressing', 'NotReady'],
  ['a Pod that pulls its image', pod(containers(waiting('ContainerCreating'))), 'Progressing', 'Pending'],
  ['a Pod whose image is not there', pod(containers(waiting('ErrImagePull'))), 'Degraded', 'ErrImagePull'],
  [
    'a Pod that backs off from its image',
    pod(containers(waiting('ImagePullBackOff'))),
    'Degraded',
    'ImagePullBackOff',
  ],
  [
    'a Pod with an image name that is none',
    pod(containers(waiting('InvalidImageName'))),
    'Degraded',
    'InvalidImageName',
  ],
  [
    'a Pod whose image may not be pulled',
    pod(containers(waiting('ErrImageNeverPull'))),
    'Degraded',
    'ErrImageNeverPull',
  ],
  [
    'a Pod whose Secret is missing',
    pod(containers(waiting('CreateContainerConfigError', 'secret "db" not found'))),
    'Degraded',
    'CreateContainerConfigError',
  ],
  [
    'a Pod whose command is not there',
    pod(containers(waiting('RunContainerError'))),
    'Degraded',
    'RunContainerError',
  ],
  [
    'a Pod that keeps crashing',
    pod({ ...containers(waiting('CrashLoopBackOff')), phase: 'Running' }),
    'Degraded',
    'CrashLoopBackOff',
  ],
  [
    'a Pod whose init container keeps crashing',
    pod(inits(waiting('CrashLoopBackOff'))),
    'Degraded',
    'CrashLoopBackOff',
  ],
  [
    'a Pod whose init container has no image',
    pod(inits(waiting('ImagePullBackOff'))),
    'Degraded',
    'ImagePullBackOff',
  ],
  [
    'a Pod that waits for its init container',
    pod({
      ...inits({ name: 'init', state: { running: {} } }),
      containerStatuses: [waiting('PodInitializing')],
    }),
    'Progressing',
    'Pending',
  ],
  [
    'a Pod that ends and whose image is not there',
    pod(containers(waiting('ErrImagePull')), never),
    'Progressing',
    'ErrImagePull',
  ],
  [
    'a Pod that no node takes',
    pod({
      phase: 'Pending',
      ...conditions(['PodScheduled', 'False', 'Unschedulable', '0/3 nodes are available']),
    }),
    'Progressing',
    'Unschedulable',
  ],
  [
    'a Pod whose scheduling is gated',
    pod({ phase: 'Pending', ...conditions(['PodScheduled', 'False', 'SchedulingGated']) }),
    'Progressing',
    'SchedulingGated',
  ],
  [
    'a Pod that has a node',
    pod({ phase: 'Pending', ...conditions(['PodScheduled', 'True']) }),
    'Progressing',
    'Pending',
  ],
  [
    'a Pod that was restarted and is not ready',
    pod({ phase: 'Running', ...unready, containerStatuses: [{ ...running, lastState: ended(2) }] }),
    'Degraded',
    'Error',
  ],
  [
    'a Pod that was restarted and is ready',
    pod({
      phase: 'Running',
      ...ready,
      containerStatuses: [{ ...running, ready: true, lastState: ended(2) }],
    }),
    'Healthy',
  ],
  [
    'a Pod that ran out of memory',
    pod({
      phase: 'Running',
      ...unready,
      containerStatuses: [{ ...running, lastState: ended(137, 'OOMKilled') }],
    }),
    'Degraded',
    'OOMKilled',
  ],
  ['a Pod that is done', pod({ phase: 'Succeeded' }), 'Healthy'],
  ['a Pod that failed', pod({ phase: 'Failed' }), 'Degraded', 'PodFailed'],
  [
    'a Pod that was evicted',
    pod({ phase: 'Failed', reason: 'Evicted', message: 'The node was low on memory' }),
    'Degraded',
    'Evicted',
  ],
  [
    'a Pod whose container failed',
    pod({ phase: 'Failed', containerStatuses: [{ name: 'web', state: ended(3) }] }),
    'Degraded',
    'Error',
  ],
  ['a Pod that runs to its end', pod({ phase: 'Running', ...ready }, never), 'Progressing', 'Running'],
  [
    'a Pod whose restart policy does not count',
    pod({ phase: 'Running', ...ready }, never, ignoring),
    'Healthy',
  ],
  ['a Pod on a node that is gone', pod({ phase: 'Unknown' }), 'Unknown', 'PhaseUnknown'],

  ['a Job that is new', job(), 'Progressing', 'NotStarted'],
  ['a Job that runs', job({ ...started, active: 1 }), 'Progressing', 'Running'],
  ['a Job that tries again', job({ ...started, active: 1, failed: 2 }), 'Progressing', 'Running'],
  ['a Job that is done', job({ ...started, ...conditions(['Complete', 'True']) }), 'Healthy'],
  [
    'a Job that is as good as done',
    job({ ...started, ...conditions(['SuccessCriteriaMet', 'True']) }),
    'Healthy',
  ],
  [
    'a Job that failed',
    job({ ...started, ...conditions(['Failed', 'True', 'BackoffLimitExceeded', 'it reached its limit']) }),
    'Degraded',
    'BackoffLimitExceeded',
  ],
  [
    'a Job that took too long',
    job({ ...started, ...conditions(['Failed', 'True', 'DeadlineExceeded']) }),
    'Degraded',
    'DeadlineExceeded',
  ],
  [
    'a Job that is as good as failed',
    job({ ...started, ...conditions(['FailureTarget', 'True', 'PodFailurePolicy']) }),
    'Degraded',
    'PodFailurePolicy',
  ],
  [
    'a Job whose failure is not true',
    job({ ...started, ...conditions(['Failed', 'False']) }),
    'Progressing',
    'Running',
  ],
  [
    'a Job that is not complete',
    job({ ...started, ...conditions(['Complete', 'False']) }),
    'Progressing',
    'Running',
  ],
  ['a suspended Job', job(conditions(['Suspended', 'True']), { suspend: true }), 'Suspended', 'Suspended'],
  ['a Job that is to be suspended', job(started, { suspend: true }), 'Suspended', 'Suspended'],
  [
    'a resumed Job',
    job({ ...started, ...conditions(['Suspended', 'False', 'JobResumed']) }),
    'Progressing',
    'Running',
  ],

  ['a CronJob that never ran', cronJob({}), 'Healthy'],
  ['a CronJob without a status', cronJob(), 'Healthy'],
  ['a suspended CronJob', cronJob({ lastScheduleTime: late }, { suspend: true }), 'Healthy'],
  [
    'a CronJob whose last run went well',
    cronJob({ lastScheduleTime: early, lastSuccessfulTime: late }),
    'Healthy',
  ],
  [
    'a CronJob whose last run failed',
    cronJob({ lastScheduleTime: late, lastSuccessfulTime: early }),
    'Degraded',
    'LastRunFailed',
    'holds nothing back',
  ],
  [
    'a CronJob that never succeeded',
    cronJob({ lastScheduleTime: late }),
    'Degraded',
    'LastRunFailed',
    'holds nothing back',
  ],
  ['a CronJob that runs', cronJob({ lastScheduleTime: late, active: [{ name: 'a' }] }), 'Healthy'],
];

describe('the health of pods and what runs to its end', () => {
  for (const given of cases) it(`is right for ${given[0]}`, () => checkCase(given));

  it.each<[string, ReturnType<typeof pod>, string]>([
    [
      'the image and what the registry said',
      pod(containers(waiting('ImagePullBackOff', 'Back-off pulling image "shop/web:1"'))),
      `container web can't pull image shop/web:1 (ImagePullBackOff): Back-off pulling image "shop/web:1"`,
    ],
    [
      'the container, its exit code and its last words',
      pod(
        inits(
          waiting('CrashLoopBackOff', '', {
            name: 'migrate',
            restartCount: 4,
            lastState: ended(1, 'Error', 'no database'),
          }),
        ),
      ),
      'init container migrate keeps crashing 4 times: exited with code 1: no database',
    ],
    [
      'memory that ran out',
      pod(containers(waiting('CrashLoopBackOff', '', { lastState: ended(137, 'OOMKilled') }))),
      'container web keeps crashing: exited with code 137 (OOMKilled)',
    ],
    [
      "the scheduler's words",
      pod({
        phase: 'Pending',
        ...conditions([
          'PodScheduled',
          'False',
          'Unschedulable',
          '0/3 nodes are available: 3 Insufficient cpu.',
        ]),
      }),
      'no node takes the pod: 0/3 nodes are available: 3 Insufficient cpu.',
    ],
  ])('names %s', (_what, object, message) => {
    expect(judgeHealth(object, { now: new Date(now), status: 'standing' }).health?.message).toBe(message);
  });

  it('cuts what a program said to its end', () => {
    const words = `${'x'.repeat(1_000)} the end`;
    const object = pod(containers(waiting('CrashLoopBackOff', '', { lastState: ended(1, 'Error', words) })));
    const message = judgeHealth(object, { now: new Date(now), status: 'standing' }).health?.message ?? '';
    expect(message.length).toBeLessThan(500);
    expect(message).toMatch(/the end$/);
  });
});
