import { describe, expect, it } from 'vitest';
import { newestInRange, parseVersion, parseVersionRange } from '../../../hub/catalog/version-range.ts';

const published = [
  '0.0.3',
  '0.1.9',
  '0.2.0',
  '1.0.0',
  'v1.2.3',
  '1.2.9',
  '1.3.0-rc.1',
  '1.9.2',
  '2.0.0-beta.2',
];

function newest(range: string, versions: readonly string[] = published): string | undefined {
  const parsed = parseVersionRange(range);
  if (parsed === undefined) throw new Error(`no range: ${range}`);
  return newestInRange(versions, parsed);
}

describe('the newest version in a range', () => {
  it.each([
    ['*', '1.9.2'],
    ['x', '1.9.2'],
    ['>0.0.0-0', '2.0.0-beta.2'],
    ['>=1.0.0-0 <1.9', '1.3.0-rc.1'],
    ['1.x', '1.9.2'],
    ['1.2.x', '1.2.9'],
    ['1.2.*', '1.2.9'],
    ['^1.0', '1.9.2'],
    ['^1', '1.9.2'],
    ['^0.1.2', '0.1.9'],
    ['^0', '0.2.0'],
    ['^0.0', '0.0.3'],
    ['^0.0.3', '0.0.3'],
    ['~1.2.0', '1.2.9'],
    ['~1.2', '1.2.9'],
    ['~>1', '1.9.2'],
    ['~0.0.0', '1.9.2'],
    ['>=1.0.0, <1.9.0', '1.2.9'],
    ['>= 1.0.0 < 1.9.0', '1.2.9'],
    ['=>1 =<1.2', '1.2.9'],
    ['<=1', '1.9.2'],
    ['<1', '0.2.0'],
    ['>1.2', '1.9.2'],
    ['>1', undefined],
    ['1.0 - 1.2', '1.2.9'],
    ['0.1.0 - 1.0.0', '1.0.0'],
    ['=1.2.3', 'v1.2.3'],
    ['!=1.9.2', '1.2.9'],
    ['!=1.x', '0.2.0'],
    ['^3 || ~0.1', '0.1.9'],
    ['^3 || ^4', undefined],
  ])('%s is %s', (range, expected) => {
    expect(newest(range)).toBe(expected);
  });

  it('passes over what is no version', () => {
    expect(newest('*', ['main', 'latest', '1.0.0', '20240101-abc!'])).toBe('1.0.0');
  });

  it('compares numbers as numbers, and a release above its pre-releases', () => {
    expect(newest('*', ['1.9.0', '1.10.0'])).toBe('1.10.0');
    expect(newest('>=1.0.0-0', ['1.0.0-rc.10', '1.0.0-rc.9', '1.0.0'])).toBe('1.0.0');
  });
});

it.each(['1.2.3', 'v1.2.3', '1.2', '7', '1.2.3-rc.1', '1.2.3+build.5'])(
  '%s names itself: no range',
  (text) => {
    expect(parseVersionRange(text)).toBeUndefined();
    expect(parseVersion(text)?.text).toBe(text);
  },
);

it.each(['', 'main', 'release-1', 'feature/x', '1.2.3.4', '^', '>=', '1.x-', '|| 1', `^1${' '.repeat(300)}`])(
  '%j is no range and no version',
  (text) => {
    expect(parseVersionRange(text)).toBeUndefined();
    expect(parseVersion(text)).toBeUndefined();
  },
);
