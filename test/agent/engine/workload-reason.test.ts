import { describe, expect, it } from 'vitest';
import { Activity } from '../../../agent/engine/activity.ts';
import { PodReader } from '../../../agent/engine/pod-reader.ts';
import { WorkloadReason } from '../../../agent/engine/workload-reason.ts';
import type { Trouble } from '../../../agent/health/container-trouble.ts';
import { indexResources } from '../../../agent/plan/resource-index.ts';
import type { KubePort, ScanResult } from '../../../agent/ports.ts';
import type { Health } from '../../../core/health.ts';
import type { KubeObject } from '../../../core/kube-object.ts';
import { manualTime } from '../../support/manual-time.ts';
import { recordLog } from '../../support/record-log.ts';
import { kind } from '../health/health-case.ts';

const web = kind('apps/v1', 'StatefulSet')(
  {},
  { selector: { matchLabels: { app: 'web' } } },
  { uid: 'owner' },
);
const behind: Health = {
  status: 'Progressing',
  reason: 'ReplicasNotReady',
  message: '0 of 1 replicas are ready',
};
const noImage: Trouble = { reason: 'ImagePullBackOff', severity: 'failing', message: 'no image' };
const minute = 60_000;

/** One workload whose pods say what `trouble` is, by a clock that only moves when it is moved. */
function watched(trouble: Trouble | undefined) {
  const time = manualTime('2026-03-01T12:00:00Z');
  const found: Health[] = [];
  const reads: number[] = [];
  const clock = {
    now: time.clock.now,
    setTimer: (ms: number, fire: () => void) => ({ cancel: time.timers.after(ms, fire) }),
  };
  const podReader = {
    read: async () => {
      reads.push(time.clock.now().getTime());
      return trouble;
    },
  };
  const services = { clock, activity: new Activity(), podReader };
  const reason = new WorkloadReason(services, (health) => found.push(health));
  return { time, reason, found, reads };
}

describe('the pods of a workload that is not well', () => {
  it('are looked at after a while, and explain the verdict from then on', async () => {
    const { time, reason, found } = watched(noImage);
    expect(reason.observe(web, behind)).toEqual(behind);
    await time.advance(3_000);
    const explained = {
      ...behind,
      reason: 'ImagePullBackOff',
      message: '0 of 1 replicas are ready: no image',
    };
    expect(found).toEqual([explained]);
    expect(reason.observe(web, behind)).toEqual(explained);
  });

  it('are looked at ever more rarely, whatever happens meanwhile', async () => {
    const { time, reason, reads } = watched(noImage);
    reason.observe(web, behind);
    await time.advance(60 * minute);
    expect(reads.length).toBeLessThanOrEqual(18);
    const before = reads.length;
    for (let second = 0; second < 60; second += 1) {
      reason.observe(web, behind);
      await time.advance(1_000);
    }
    expect(reads.length - before).toBeLessThanOrEqual(6);
  });

  it('are not looked at any more once it is well', async () => {
    const { time, reason, reads } = watched(noImage);
    reason.observe(web, behind);
    await time.advance(3_000);
    reason.close();
    await time.advance(60 * minute);
    expect(reads).toHaveLength(1);
  });

  it('are looked at soon again where another generation is rolled out', async () => {
    const { time, reason, reads, found } = watched(noImage);
    reason.observe(web, behind);
    await time.advance(minute);
    const [count, told] = [reads.length, found.length];
    const next = { ...web, metadata: { ...web.metadata, generation: 3 } };
    expect(reason.observe(next, behind)).toEqual(behind);
    await time.advance(3_000);
    expect([reads.length, found.length]).toEqual([count + 1, told + 1]);
  });

  it('degrade what has no deadline of its own once their trouble lasts', async () => {
    const { time, reason, found } = watched(noImage);
    reason.observe(web, behind);
    await time.advance(20 * minute);
    expect(found[0]?.status).toBe('Progressing');
    expect(found.at(-1)?.status).toBe('Degraded');
  });
});

describe('reading pods', () => {
  function reader(answers: Readonly<Record<string, readonly KubeObject[] | 'forbidden'>>) {
    const requests: string[] = [];
    const log = recordLog();
    const scan: KubePort['scan'] = async ({ kind: name }, scope, look): Promise<ScanResult> => {
      requests.push(`${name} ${scope.labelSelector ?? scope.fieldSelector} in ${scope.namespace}`);
      const answer = answers[name] ?? [];
      if (answer === 'forbidden') {
        return {
          type: 'failed',
          failure: { status: 403, reason: 'Forbidden', message: 'no right', causes: [] },
        };
      }
      for (const object of answer) if (look(object) === 'enough') return { type: 'stopped' };
      return { type: 'ok' };
    };
    const resources = ['Pod', 'Event'].map((name) => ({
      group: '',
      version: 'v1',
      kind: name,
      plural: `${name.toLowerCase()}s`,
      namespaced: true,
      verbs: ['list'],
    }));
    const discovered = indexResources({ kubernetesVersion: '', resources, unknownGroups: new Set() }, []);
    return { requests, log, pods: new PodReader({ scan }, { discovered }, log) };
  }

  it('costs one request where a pod says it, two where its events do', async () => {
    const waiting = { waiting: { reason: 'CreateContainerConfigError', message: 'no secret' } };
    const pod = kind('v1', 'Pod')({ phase: 'Pending', containerStatuses: [{ name: 'a', state: waiting }] });
    const told = reader({ Pod: [pod] });
    expect((await told.pods.read(web))?.reason).toBe('CreateContainerConfigError');
    expect(told.requests).toEqual(['Pod app=web in x']);

    const event = {
      ...kind('v1', 'Event')(),
      type: 'Warning',
      reason: 'FailedCreate',
      message: 'exceeded quota',
    };
    const refused = reader({ Event: [event] });
    expect((await refused.pods.read(web))?.message).toBe('its pods are refused: exceeded quota');
    expect(refused.requests).toEqual(['Pod app=web in x', 'Event involvedObject.uid=owner in x']);
  });

  it('looks at a bounded number of pods', async () => {
    const ready = {
      phase: 'Running',
      containerStatuses: [{ name: 'a', ready: true, state: { running: {} } }],
    };
    const many = Array.from({ length: 1_000 }, () => kind('v1', 'Pod')(ready));
    const { pods } = reader({ Pod: many });
    expect(await pods.read(web)).toBeUndefined();
  });

  it('says once that it may not, and explains nothing then', async () => {
    const { pods, log } = reader({ Pod: 'forbidden' });
    expect(await pods.read(web)).toBeUndefined();
    expect(await pods.read(web)).toBeUndefined();
    expect(log.messages('warn')).toEqual([
      'why workloads are not healthy is told without their pods, which may not be read',
    ]);
  });
});
