import { describe, expect, it } from 'vitest';
import {
  hookEnd,
  hookToCreate,
  isAtWork,
  runAnnotation,
  shortenedTtl,
} from '../../../agent/plan/hook-object.ts';
import { degradedGraceMs, judgeAttempt } from '../../../agent/plan/judge-attempt.ts';
import { removalLayers } from '../../../agent/plan/removal-layers.ts';
import type { KubeObject } from '../../../core/kube-object.ts';

function job(spec: Record<string, unknown>, status: Record<string, unknown> = {}): KubeObject {
  const metadata = { name: 'migrate', namespace: 'shop' };
  return { apiVersion: 'batch/v1', kind: 'Job', metadata, spec, status } as unknown as KubeObject;
}

const complete = { conditions: [{ type: 'Complete', status: 'True' }] };

describe('the object of a hook', () => {
  it('carries the mark of its run, and a Job lives a day after its end until that is kept', () => {
    const created = hookToCreate(job({ ttlSecondsAfterFinished: 0, parallelism: 1 }), 'sync-1/PreSync');
    expect(created.metadata.annotations).toEqual({ [runAnnotation]: 'sync-1/PreSync' });
    expect(created['spec']).toEqual({ ttlSecondsAfterFinished: 86_400, parallelism: 1 });
    expect(shortenedTtl(job({ ttlSecondsAfterFinished: 0 }))).toBe(0);
  });

  it('is left as it is where its Job has no time to live, or a longer one', () => {
    for (const spec of [{}, { ttlSecondsAfterFinished: 604_800 }]) {
      expect(hookToCreate(job(spec), 'r')['spec']).toEqual(spec);
      expect(shortenedTtl(job(spec))).toBeUndefined();
    }
  });

  it('says how it ended also while it is being deleted', () => {
    const live = job({}, complete);
    const leaving = { ...live, metadata: { ...live.metadata, deletionTimestamp: '2026-11-03T10:00:00Z' } };
    expect(hookEnd(leaving)).toEqual({ type: 'succeeded' });
    expect(hookEnd(job({}))).toMatchObject({ type: 'running' });
    expect(hookEnd(job({}, { conditions: [{ type: 'Failed', status: 'True', message: 'no' }] })).type).toBe(
      'failed',
    );
  });

  it('is done once it is there where its kind may stay in progress for good', () => {
    const metadata = { name: 'data', namespace: 'shop' };
    const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata, status: { phase: 'Pending' } };
    expect(hookEnd(claim)).toEqual({ type: 'succeeded' });
  });

  it('is at work only where something of it runs', () => {
    expect(isAtWork(job({}, { active: 1, ready: 1 }))).toBe(true);
    expect(isAtWork(job({}, { active: 1, ready: 0 }))).toBe(false);
    expect(isAtWork(job({}, { ...complete, ready: 1 }))).toBe(false);
    const metadata = { name: 'check', namespace: 'shop' };
    const pod = (phase: string): KubeObject => ({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      status: { phase },
    });
    expect([isAtWork(pod('Running')), isAtWork(pod('Pending'))]).toEqual([true, false]);
  });
});

describe('an attempt', () => {
  const now = new Date('2026-11-03T10:00:00Z');
  const ref = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' };
  const health = { status: 'Degraded', message: 'it made no progress' } as const;
  const since = (ms: number) => new Date(now.getTime() - ms);

  it('fails by a hook, by what the API server refuses, and by what stays degraded', () => {
    const judge = (object: object, hookProblem?: string) =>
      judgeAttempt({ hookProblem, objects: [{ ref, ...object }], now });
    expect(judge({})).toBeUndefined();
    expect(judge({}, 'PreSync hook failed')).toBe('PreSync hook failed');
    expect(judge({ problem: 'no such field' })).toBe("Deployment shop/web can't be applied: no such field");
    expect(judge({ health, degradedSince: since(degradedGraceMs) })).toBe(
      'Deployment shop/web is degraded: it made no progress',
    );
  });

  it('goes on where a rollout passes through a failure, or what is degraded holds nothing', () => {
    const young = { ref, health, degradedSince: since(degradedGraceMs - 1) };
    const claim = { group: '', kind: 'PersistentVolumeClaim', namespace: 'shop', name: 'data' };
    const idle = {
      ref: claim,
      health: { ...health, gating: false } as const,
      degradedSince: since(degradedGraceMs * 2),
    };
    expect(judgeAttempt({ hookProblem: undefined, objects: [young, idle], now })).toBeUndefined();
  });
});

describe('what left Git', () => {
  const object = (kind: string, name: string, wave: number) => ({
    ref: { group: '', kind, namespace: kind === 'Namespace' ? '' : 'shop', name },
    wave,
  });

  it('goes from the last wave to the first, each gone before the next, and a namespace after all of them', () => {
    const objects = [
      object('Namespace', 'shop', 9),
      object('ConfigMap', 'first', -1),
      object('ConfigMap', 'last', 2),
      object('ConfigMap', 'middle', 0),
    ];
    const layers = removalLayers(objects).map(({ start, members }) => [
      start,
      members.map(({ ref }) => ref.name),
    ]);
    expect(layers).toEqual([
      ['at-once', ['last']],
      ['waits', ['middle']],
      ['waits', ['first']],
      ['waits', ['shop']],
    ]);
  });
});
