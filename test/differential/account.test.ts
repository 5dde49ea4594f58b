import { describe, expect, it } from 'vitest';
import type { Drift, DriftEvent } from '../../core/drift.ts';
import { type Course, judgeCourse } from './account.ts';
import type { Entry } from './chronicle.ts';
import type { Deed } from './deeds.ts';

function version(resourceVersion: string, a: string, uid = 'u'): Entry {
  const metadata = { name: 'x', namespace: 'default', uid, resourceVersion };
  return { type: 'there', object: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { a } } };
}

function gone(resourceVersion: string): Entry {
  return { ...version(resourceVersion, ''), type: 'gone' };
}

function drift(live: string): Drift {
  return {
    id: 'd',
    application: 'apps/a',
    ref: { group: '', kind: 'ConfigMap', namespace: 'default', name: 'x' },
    kind: 'changed',
    fields: [{ path: 'data.a', desired: '1', live, confidence: 'unknown' }],
    observedAt: '2026-11-01T10:00:00Z',
    verdict: 'exact',
  };
}

const missing: Drift = { ...drift(''), kind: 'missing', fields: [] };
const told = (one: Drift): DriftEvent => ({ drift: one, change: 'opened', at: one.observedAt });
const deed = (more: Partial<Deed>): Deed => ({ told: drift('2'), lookedAt: '2', isFirst: false, ...more });

function judge(entries: readonly Entry[], deeds: Record<string, Deed>, events: readonly DriftEvent[] = []) {
  const deedOf: Course['deedOf'] = ({ object }) => deeds[object.metadata.resourceVersion ?? ''];
  return judgeCourse({ entries, events, deedOf });
}

const [ours, theirs, healed] = [version('1', '1'), version('2', '2'), version('3', '1')];

describe('the account of what was healed', () => {
  it.each([
    [
      'what was told as it was',
      [ours, theirs, healed],
      { '3': deed({}) },
      { faults: 0, heals: 1, outrun: 0 },
    ],
    ['nothing told', [ours, theirs, healed], { '3': deed({ told: undefined }) }, { faults: 1, heals: 1 }],
    ['another value told', [ours, theirs, healed], { '3': deed({ told: drift('3') }) }, { faults: 1 }],
    [
      'somebody who was quicker than the write',
      [ours, version('2', '5'), version('3', '2'), version('4', '1')],
      { '4': deed({ told: drift('5') }) },
      { faults: 0, outrun: 1 },
    ],
    ['a write without a change', [ours, version('2', '1')], { '2': deed({ told: undefined }) }, { heals: 0 }],
    [
      'two writes in a row',
      [ours, theirs, healed, version('4', '9')],
      { '3': deed({}), '4': deed({ lookedAt: '2' }) },
      { faults: 1, heals: 2 },
    ],
    [
      'one that was gone',
      [ours, gone('2'), version('3', '1', 'other')],
      { '3': deed({ told: missing }) },
      { faults: 0, heals: 1 },
    ],
    [
      'one that was gone, and nothing told',
      [ours, gone('2'), version('3', '1', 'other')],
      { '3': deed({ told: undefined }) },
      { faults: 1 },
    ],
  ])('knows %s', (_what, entries, deeds, expected) => {
    const { faults, ...counts } = judge(entries, deeds as Record<string, Deed>);
    expect({ faults: faults.length, ...counts }).toMatchObject(expected);
  });

  it('finds a drift that never was', () => {
    expect(judge([ours, theirs], {}, [told(drift('2'))]).faults).toEqual([]);
    expect(judge([ours, theirs], {}, [told(drift('7'))]).faults).toHaveLength(1);
    expect(judge([ours, theirs], {}, [told(missing)]).faults).toHaveLength(1);
    expect(judge([ours, gone('2')], {}, [told(missing)]).faults).toEqual([]);
  });
});
