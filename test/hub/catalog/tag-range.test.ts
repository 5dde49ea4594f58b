import { describe, expect, it } from 'vitest';
import { gitRevision, newestTag, parseTagRange } from '../../../hub/catalog/tag-range.ts';
import { findRef, missingMessage, parseRevision, tagOf } from '../../../hub/git/revision.ts';

describe('the revision that Git is asked for', () => {
  it.each([
    ['a branch', 'main', undefined, 'main'],
    ['a version, which is a tag', '1.2.3', undefined, '1.2.3'],
    ['a part of a version, which is a tag too', 'v1.2', undefined, 'v1.2'],
    ['a range', '1.2.*', undefined, 'refs/tags/:1.2.*'],
    ['a range below a prefix', '^1.0', 'web/', 'refs/tags/web/:^1.0'],
    ['a version below a prefix', '1.2.3', 'web/', 'refs/tags/web/1.2.3'],
    ['a branch beside a prefix', 'main', 'web/', 'main'],
    ['a commit beside a prefix', 'a'.repeat(40), 'web/', 'a'.repeat(40)],
  ])('of %s: %s with prefix %s → %s', (_what, targetRevision, tagPrefix, revision) => {
    expect(gitRevision({ targetRevision, ...(tagPrefix === undefined ? {} : { tagPrefix }) })).toBe(revision);
  });

  it.each(['1.2.*', '>=1.0 <2.0', '^1.0 || ~3.1', '*', 'x'])(
    '%s is a range, whatever ref it looks like',
    (text) => {
      expect(parseRevision(gitRevision({ targetRevision: text })).type).toBe('range');
    },
  );
});

const refs = new Set([
  'HEAD',
  'refs/heads/main',
  'refs/heads/2.x',
  'refs/tags/v1.2.0',
  'refs/tags/v1.2.0^{}',
  'refs/tags/1.2.9',
  'refs/tags/v1.2.10',
  'refs/tags/v1.3.0-rc.1',
  'refs/tags/1.0',
  'refs/tags/latest',
  'refs/tags/web/1.9.0',
  'refs/tags/web-1.5.0',
]);

describe('the newest tag in a range', () => {
  it.each([
    ['1.2.*', 'refs/tags/v1.2.10'],
    ['v1.2.x', 'refs/tags/v1.2.10'],
    ['^1.0', 'refs/tags/v1.2.10'],
    ['~1.0', 'refs/tags/1.0'],
    ['>=1.2 <1.2.10', 'refs/tags/1.2.9'],
    ['*', 'refs/tags/v1.2.10'],
    ['>=1.3.0-0', 'refs/tags/v1.3.0-rc.1'],
    ['>2', undefined],
    ['2.x', 'refs/heads/2.x'],
  ])('%s → %s', (text, ref) => {
    expect(findRef(gitRevision({ targetRevision: text }), refs)).toBe(ref);
  });

  it('is looked for below a prefix alone, where there is one', () => {
    const find = (tagPrefix: string) => findRef(gitRevision({ targetRevision: '1.*', tagPrefix }), refs);
    expect([find('web/'), find('web-'), find('api/')]).toEqual([
      'refs/tags/web/1.9.0',
      'refs/tags/web-1.5.0',
      undefined,
    ]);
  });

  it('is the first by name where two say the same version', () => {
    const range = parseTagRange('refs/tags/:1.x');
    expect(range && newestTag(range, ['v1.1.0', '1.1.0', '1.1'])).toBe('1.1');
  });

  it('is told as it is called, and none with the range', () => {
    expect(tagOf('refs/tags/web/:1.*', 'refs/tags/web/1.9.0')).toEqual({ tag: 'web/1.9.0' });
    expect(tagOf('v1', 'refs/tags/v1')).toEqual({});
    expect(missingMessage('refs/tags/web/:>2')).toBe('no tag that begins with web/ is in the range >2');
  });
});
