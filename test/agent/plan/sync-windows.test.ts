import { describe, expect, it } from 'vitest';
import { judgeWindows, type WindowFacts } from '../../../agent/plan/sync-windows.ts';
import type { SyncWindow } from '../../../core/sync-window.ts';

const hour = 3_600_000;

function window(kind: SyncWindow['kind'], schedule: string, more: Partial<SyncWindow> = {}): SyncWindow {
  return { kind, schedule, durationMs: hour, timeZone: 'UTC', manualSync: false, ...more };
}

function judge(
  now: string,
  windows: readonly SyncWindow[],
  asked: WindowFacts['asked'] = 'by-git',
  sync: WindowFacts['sync'] = 'new',
) {
  const nowMs = Date.parse(now);
  const { gate, changesAtMs } = judgeWindows({
    application: 'argocd/web',
    project: 'shop',
    windows,
    asked,
    sync,
    nowMs,
  });
  return { gate, changesAt: changesAtMs === undefined ? undefined : new Date(changesAtMs).toISOString() };
}

const nightly = window('allow', '0 22 * * *');
const busy = window('deny', '0 12 * * *');

describe('sync windows', () => {
  it.each([
    ['no windows', [], '12:30', 'open', undefined],
    ['an allowance that is open', [nightly], '22:00', 'open', '23:00'],
    ['an allowance that is shut', [nightly], '21:59', 'shut', '22:00'],
    ['the moment at which an allowance ends', [nightly], '23:00', 'shut', '22:00'],
    ['a denial that is open', [busy], '12:30', 'shut', '13:00'],
    ['a denial that is over', [busy], '13:00', 'open', '12:00'],
    ['an open denial and an open allowance', [window('allow', '0 12 * * *'), busy], '12:30', 'shut', '13:00'],
    ['one of two allowances', [nightly, window('allow', '0 12 * * *')], '12:30', 'open', '13:00'],
    ['a denial that is over beside an allowance that is shut', [nightly, busy], '14:00', 'shut', '22:00'],
    ['openings that overlap', [window('deny', '*/30 * * * *')], '12:10', 'shut', undefined],
  ] as const)('%s', (_name, windows, time, state, changes) => {
    const { gate, changesAt } = judge(`2026-11-25T${time}:00Z`, windows);
    expect(gate === undefined ? 'open' : 'shut').toBe(state);
    if (changes !== undefined) expect(changesAt?.slice(11, 16)).toBe(changes);
  });

  it('let a person sync only where every window in the way says so', () => {
    const byHand = { manualSync: true };
    const now = '2026-11-25T12:30:00Z';
    const shut = (windows: readonly SyncWindow[], asked: WindowFacts['asked']) =>
      judge(now, windows, asked).gate !== undefined;
    expect(shut([{ ...busy, ...byHand }], 'by-person')).toBe(false);
    expect(shut([{ ...busy, ...byHand }], 'by-git')).toBe(true);
    expect(shut([{ ...busy, ...byHand }, window('deny', '15 12 * * *')], 'by-person')).toBe(true);
    expect(shut([{ ...nightly, ...byHand }], 'by-person')).toBe(false);
    expect(shut([{ ...nightly, ...byHand }, window('allow', '0 3 * * *')], 'by-person')).toBe(true);
  });

  // The scenarios of Argo CD's documentation of `syncOverrun`.
  it.each([
    ['a denial that lets it', [{ ...busy, syncOverrun: true }], 'open'],
    ['a denial', [busy], 'shut'],
    [
      'one of two denials that lets it',
      [{ ...busy, syncOverrun: true }, window('deny', '15 12 * * *')],
      'shut',
    ],
    ['an allowance that lets it', [{ ...nightly, syncOverrun: true }], 'open'],
    ['an allowance', [nightly], 'shut'],
    ['an allowance, and a denial that lets it', [nightly, { ...busy, syncOverrun: true }], 'open'],
    ['an allowance that lets it, and a denial', [{ ...nightly, syncOverrun: true }, busy], 'shut'],
    [
      'one of two allowances that lets it',
      [{ ...nightly, syncOverrun: true }, window('allow', '0 3 * * *')],
      'shut',
    ],
  ] as const)('shut by %s: a sync that had begun finds them %s', (_name, windows, state) => {
    const now = '2026-11-25T12:30:00Z';
    expect(judge(now, windows, 'by-git', 'ongoing').gate === undefined ? 'open' : 'shut').toBe(state);
    expect(judge(now, windows, 'by-git', 'new').gate).toBeDefined();
  });

  it('go by the clock of their zone, also where it is set forward and back', () => {
    const early = window('deny', '30 2 * * *', { timeZone: 'Europe/Berlin' });
    expect(judge('2026-11-25T01:45:00Z', [early]).gate?.until).toBe('2026-11-25T02:30:00.000Z');
    expect(judge('2026-07-01T00:45:00Z', [early]).gate?.until).toBe('2026-07-01T01:30:00.000Z');
    // There is no 02:30 on this day: it opens as the clock jumps over it.
    expect(judge('2026-03-29T01:30:00Z', [early]).gate?.until).toBe('2026-03-29T02:00:00.000Z');
  });

  it('say who, which, until when and what to do', () => {
    const described = { ...busy, description: 'lunch', manualSync: true };
    expect(judge('2026-11-25T12:30:00Z', [described]).gate).toEqual({
      kind: 'window',
      reason: 'project shop denies syncs now (lunch: 0 12 * * * for 1h, UTC)',
      owner: 'project shop',
      until: '2026-11-25T13:00:00.000Z',
      remedy: 'Wait, or sync it by hand, which the window lets pass: fairlead app sync argocd/web',
    });
    expect(judge('2026-11-25T12:30:00Z', [nightly]).gate).toMatchObject({
      reason: 'project shop allows syncs only in its windows (0 22 * * * for 1h, UTC)',
      until: '2026-11-25T22:00:00.000Z',
      remedy: 'Wait, or change its syncWindows',
    });
  });

  it('that never come again hold for ever, and say what to do', () => {
    const never = window('allow', '0 0 31 2 *');
    const { gate, changesAt } = judge('2026-11-25T12:30:00Z', [never]);
    expect([gate?.until, changesAt]).toEqual([undefined, undefined]);
    expect(gate?.remedy).toContain('Change the syncWindows of project shop');
  });
});
