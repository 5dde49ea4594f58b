import { describe, expect, it } from 'vitest';
import { type GlobDialect, isGlob, isWildcard, matchesGlob } from '../../core/glob.ts';

type Row = readonly [GlobDialect, pattern: string, text: string, matches: boolean];

const rows: readonly Row[] = [
  ['repository', 'https://git.example.com/*', 'https://git.example.com/one', true],
  ['repository', 'https://git.example.com/*', 'https://git.example.com/one/two', false],
  ['repository', 'https://git.example.com/**', 'https://git.example.com/one/two', true],
  ['repository', '*', 'https://git.example.com/one', false],
  ['repository', '**', 'https://git.example.com/one', true],
  ['repository', 'a?c', 'a/c', false],
  ['repository', 'a[!b]c', 'a/c', true],
  ['name', 'https://*', 'https://10.0.0.1/x', true],
  ['name', '*', '', true],
  ['name', 'pay*', 'payments', true],
  ['name', 'pay*', 'Payments', false],
  ['name', 'team-?', 'team-a', true],
  ['name', 'team-?', 'team-ab', false],
  ['name', 'team-[abc]', 'team-b', true],
  ['name', 'team-[a-c]', 'team-b', true],
  ['name', 'team-[!a-c]', 'team-b', false],
  ['name', 'team-[!a-c]', 'team-z', true],
  ['name', 'team-[!abc]', 'team-d', true],
  ['name', '[ab-]', '-', true],
  ['name', '{dev,staging}', 'staging', true],
  ['name', '{dev,staging}', 'prod', false],
  ['name', '{dev,{a,b}*}-x', 'bcd-x', true],
  ['name', 'x{,-y}', 'x', true],
  ['name', 'a,b}', 'a,b}', true],
  ['name', 'a\\*b', 'a*b', true],
  ['name', 'a\\*b', 'axb', false],
  ['name', 'a.b', 'axb', false],
  ['name', 'a+b(c)|d^$', 'a+b(c)|d^$', true],
  ['name', 'line*', 'line\nbreak', true],
  ['name', '🙂?', '🙂🙃', true],
  ['kind', '*', '', true],
  ['kind', 'Network*', 'NetworkPolicy', true],
  ['kind', '*', 'a/b', false],
  ['kind', '{a,b}', 'a', false],
  ['kind', '{a,b}', '{a,b}', true],
  ['kind', '[^a-c]x', 'bx', false],
  ['kind', '[^a-c]x', 'dx', true],
  ['kind', '[!a]', '!', true],
  ['kind', '[a-cx-z]', 'y', true],
];

describe('globs', () => {
  it.each(rows)('%s pattern %j on %j gives %j', (dialect, pattern, text, matches) => {
    expect(matchesGlob(pattern, text, dialect)).toBe(matches);
  });

  it.each([
    ['name', '[a-c'],
    ['name', '[]'],
    ['name', '[a-c0-9]'],
    ['name', '[c-a]'],
    ['name', '{a,b'],
    ['name', 'a\\'],
    ['kind', '[a-]'],
    ['kind', '[-a]'],
  ] as const)('%s pattern %j is malformed and matches nothing', (dialect, pattern) => {
    expect(isGlob(pattern, dialect)).toBe(false);
    expect(matchesGlob(pattern, pattern, dialect)).toBe(false);
  });

  it('tells patterns from plain names', () => {
    expect(['a*', 'a?', '[ab]', '{a,b}'].map(isWildcard)).toEqual([true, true, true, true]);
    expect(['https://git.example.com/one.git', 'a\\*b'].map(isWildcard)).toEqual([false, false]);
  });
});

describe('the time of a match', () => {
  it('follows the lengths of pattern and text, whatever the pattern', () => {
    const text = 'a'.repeat(4_000);
    for (const pattern of [`${'*a'.repeat(40)}b`, `${'{a*,*a}'.repeat(20)}b`, `${'**a'.repeat(40)}b`]) {
      expect(matchesGlob(pattern, text, 'name'), pattern).toBe(false);
      expect(matchesGlob(pattern.slice(0, -1), text, 'name'), pattern).toBe(true);
    }
  });
});
