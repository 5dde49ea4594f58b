import { describe, expect, test } from 'vitest';
import { showMoment } from '../../cli/output/moment.ts';
import { renderChange } from '../../cli/output/render-drift.ts';
import { styleOf, toned } from '../../cli/output/style.ts';
import { formatFields, formatTable } from '../../cli/output/table.ts';
import { cleanText, cleanValue } from '../../core/clean-text.ts';

const plain = { colour: false, width: Number.POSITIVE_INFINITY };
const viewer = { now: '2026-11-03T14:02:20Z', timeZone: 'UTC' };

describe('untrusted text', () => {
  test('can neither steer the terminal nor look like other text', () => {
    expect(cleanText('a\u001b[2Jb\u0007\u009bc\u202ed\u2066')).toBe('a\ufffd[2Jb\ufffd\ufffdc\ufffdd\ufffd');
    expect(cleanText('two\nlines\tand → ✓ ü 中')).toBe('two\nlines\tand → ✓ ü 中');
    expect(cleanValue({ 'k\u001b': ['v\u001b', 1, null] })).toEqual({ 'k\ufffd': ['v\ufffd', 1, null] });
  });
});

describe('tables', () => {
  const rows = [['web', `a long sentence ${'x'.repeat(80)}`, 'short']];

  test('fit the width of a terminal, losing no text', () => {
    for (const width of [40, 60, 100]) {
      const lines = formatTable(['NAME', 'STATE', 'END'], rows, { colour: false, width }).split('\n');
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(width);
      expect(lines.join('').match(/x/g)).toHaveLength(80);
    }
  });

  test('break between words, and no name before it is very long', () => {
    const names = [
      ['payments-staging', 'prod is connected and runs three applications, all of them healthy by now'],
    ];
    for (let width = 20; width <= 100; width += 1) {
      const text = formatTable(['NAME', 'STATE'], names, { colour: false, width });
      expect(text.split(/\s+/).filter((word) => word !== 'NAME' && word !== 'STATE')).toEqual(
        names.join(' ').replace(',', ' ').split(' '),
      );
    }
  });

  test('become a few lines for each row where columns would be too narrow', () => {
    const text = formatTable(
      ['NAME', 'CLUSTER', 'STATE'],
      [['payments-prod', 'prod', `one two three ${'four '.repeat(12)}`]],
      { colour: false, width: 40 },
    );
    expect(text.split('\n')).toEqual([
      'NAME  CLUSTER  STATE',
      'payments-prod  prod',
      '  one two three four four four four four',
      '  four four four four four four four',
    ]);
  });

  test('keep one line for a row in a pipe, so that grep works', () => {
    expect(
      formatTable(['NAME', 'STATE', 'END'], [...rows, ['a\nb', 'c', 'd']], plain).split('\n'),
    ).toHaveLength(3);
  });

  test('leave out fields without a value', () => {
    const fields = [
      ['One', 'x'],
      ['Two', undefined],
      ['Three', ''],
    ] as const;
    expect(formatFields(fields)).toBe('One  x');
  });
});

describe('colours', () => {
  const codes = '\u001b[';
  test('are for terminals that want them', () => {
    const terminal = { isTTY: true, columns: 100 };
    expect(toned(styleOf(terminal, {}), 'broken', 'text')).toContain(codes);
    expect(toned(styleOf(terminal, { NO_COLOR: '1' }), 'broken', 'text')).toBe('✗ text');
    expect(toned(styleOf(terminal, { TERM: 'dumb' }), 'broken', 'text')).toBe('✗ text');
    expect(toned(styleOf({}, {}), 'broken', 'text')).toBe('✗ text');
  });

  test('never say anything alone: each tone has its own icon', () => {
    const tones = ['calm', 'moving', 'attention', 'broken', 'unknown'] as const;
    expect(new Set(tones.map((tone) => toned(plain, tone, ''))).size).toBe(tones.length);
  });
});

describe('moments', () => {
  test('are absolute, with the age behind', () => {
    expect(showMoment('2026-11-03T14:02:11Z', viewer)).toBe('14:02:11 (9 s ago)');
    expect(showMoment('2026-11-03T15:02:20Z', viewer)).toBe('15:02:20 (in 1 h)');
    expect(showMoment('2026-11-01T14:02:11Z', viewer)).toBe('2026-11-01 14:02:11 (2 d ago)');
    expect(showMoment(undefined, viewer)).toBe('');
  });
});

describe('changes', () => {
  const ref = { group: '', kind: 'Secret', namespace: 'a', name: 'b' };

  test('of Secrets show that values differ, never what they are', () => {
    const fields = [{ path: 'data.key', desired: 'hmac-sha256:aa', live: 'hmac-sha256:bb' }];
    const text = renderChange({ ref, kind: 'changed', fields }, plain, viewer);
    expect(text).toContain('values differ (hidden');
    expect(text).not.toContain('hmac');
  });

  test('show objects and long texts line by line, absent sides not at all', () => {
    const fields = [
      { path: 'data.text', live: 'one\ntwo' },
      { path: 'spec.ports', desired: [{ port: 80 }] },
    ];
    const text = renderChange({ ref, kind: 'changed', fields }, plain, viewer);
    expect(text.split('\n').slice(1)).toEqual([
      '  data.text',
      '    - live  one',
      '    -       two',
      '  spec.ports',
      '    + Git   - port: 80',
    ]);
  });
});
