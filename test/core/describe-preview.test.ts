import { describe, expect, it } from 'vitest';
import { describePreview } from '../../core/describe-preview.ts';
import { changesNothing, type DiffChange, type DiffField } from '../../core/operation.ts';

const ref = (name: string) => ({ group: '', kind: 'ConfigMap', namespace: 'shop', name });
const mark: DiffField = { path: "metadata.labels['fairlead.dev/part-of']", desired: 'x', part: 'mark' };
const leftover: DiffField = { path: 'data.old', live: '1', part: 'leftover' };
const taken: DiffChange = {
  ...{ ref: ref('a'), kind: 'changed', fields: [mark], verdict: 'exact', takesOver: ['helm'] },
};

describe('a preview of the first sync', () => {
  it('says whom it takes over from, what goes, and that nothing is deleted', () => {
    const changes = [
      taken,
      { ...taken, ref: ref('b'), fields: [mark, leftover], takesOver: ['Helm', 'helm'] },
    ];
    const text = describePreview(changes).join('\n');
    expect(text).toContain("2 objects would become Fairlead's, taken over from Helm, helm.");
    expect(text).toContain('Nothing else changes of 1 of them');
    expect(text).toContain('1 field of those who deployed before, not in Git, would go');
    expect(text).toContain('No object would be deleted.');
    expect(text).not.toContain('Approximate');
  });

  it('says what it would run, and where it is approximate', () => {
    const hook: DiffChange = { ref: ref('job'), kind: 'missing', fields: [], hook: ['PreSync'] };
    const text = describePreview([{ ...taken, verdict: 'approximate' }, hook]).join('\n');
    expect(text).toContain('A sync would run the hooks: ConfigMap shop/job (PreSync).');
    expect(text).toContain('Approximate for 1 object');
  });

  it('says nothing of objects that are ours already, or of agents that tell no more', () => {
    expect(describePreview([{ ref: ref('a'), kind: 'changed', fields: [leftover] }])).toEqual([]);
    expect(describePreview([])).toEqual([]);
  });

  it('counts marks alone and hooks as no difference, everything else as one', () => {
    expect(changesNothing(taken)).toBe(true);
    expect(changesNothing({ ...taken, fields: [mark, leftover] })).toBe(false);
    expect(changesNothing({ ...taken, fields: [], obstacle: 'refused' })).toBe(false);
    expect(changesNothing({ ref: ref('a'), kind: 'missing', fields: [] })).toBe(false);
    expect(changesNothing({ ref: ref('a'), kind: 'missing', fields: [], hook: ['Sync'] })).toBe(true);
  });
});
