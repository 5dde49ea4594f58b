import { describe, expect, it } from 'vitest';
import { readYaml } from '../../../hub/catalog/read-yaml.ts';

function values(text: string) {
  const read = readYaml('a.yaml', text);
  if (read.type === 'problems') throw new Error(JSON.stringify(read.problems));
  return read.documents.map((document) => document.values);
}

function problems(text: string) {
  const read = readYaml('a.yaml', text);
  return read.type === 'problems' ? read.problems : [];
}

describe('readYaml', () => {
  it('row 45: reads scalars as sigs.k8s.io/yaml does', () => {
    const text =
      'a: yes\nb: 0777\nc: 12345678901234567890\nd: 2020-01-01\ne: 1:30\nf: "yes"\ng: 1_000\nh: 1.5\ni: ~\n';
    expect(values(text)).toEqual([
      {
        a: true,
        b: 511,
        c: 12345678901234567890n,
        d: '2020-01-01',
        e: '1:30',
        f: 'yes',
        g: 1000,
        h: 1.5,
        i: null,
      },
    ]);
  });

  it('reads a lone dot as text: it is a common path', () => {
    expect(values('a: .\nb: +.\nc: ..\nd: .5\ne: 1.\nf: -.5\ng: ._\n')).toEqual([
      { a: '.', b: '+.', c: '..', d: 0.5, e: 1, f: -0.5, g: '._' },
    ]);
  });

  it('merges, and leaves out empty documents and bare lists', () => {
    expect(values('---\n# nothing\n---\n- a\n---\nbase: &b {x: 1}\nmore: {<<: *b, z: 2}\n')).toEqual([
      { base: { x: 1 }, more: { x: 1, z: 2 } },
    ]);
  });

  it('reads JSON', () => {
    expect(values('{"a": [1, {"b": null}]}')).toEqual([{ a: [1, { b: null }] }]);
  });

  it('knows the line of each field, in every document of the stream', () => {
    const read = readYaml('a.yaml', 'a: 1\n---\n\nb:\n  - c: 1\n    d: 2\n  - e\n');
    const lines = read.type === 'read' ? read.documents.map(({ fieldLines }) => [...fieldLines]) : [];
    expect(lines).toEqual([
      [['a', 1]],
      [
        ['b', 4],
        ['b[0]', 5],
        ['b[0].c', 5],
        ['b[0].d', 6],
        ['b[1]', 7],
      ],
    ]);
  });

  it.each([
    ['a: [1\nb: 2\n', 1],
    ['a: 1\nb: 2\na: 3\n', 3],
    ['a: 1\n---\nb: *nowhere\n', 3],
    ['a: 1\n\tb: 2\n', 2],
  ])('%j is one problem with its line', (text, line) => {
    expect(problems(text)[0]).toMatchObject({ code: 'yaml-syntax', location: { file: 'a.yaml', line } });
  });

  it.each([
    ['brackets', `a: ${'['.repeat(10_000)}`],
    ['braces', `${'{a: '.repeat(10_000)}`],
    ['dashes', `${'- '.repeat(10_000)}`],
    ['closing brackets', `a: ${']'.repeat(10_000)}`],
    ['mistakes', 'a: b: c\n'.repeat(5_000)],
  ])('gives up on thousands of %s after a few problems', (_what, text) => {
    expect(problems(text).length).toBeGreaterThan(0);
    expect(problems(text).length).toBeLessThan(10);
  });

  it('refuses a text that is too large before it is parsed', () => {
    expect(problems(`a: "${'x'.repeat(5 * 1024 * 1024)}`)).toMatchObject([{ code: 'too-large' }]);
  });

  it('refuses an alias bomb', () => {
    const layers = Array.from({ length: 9 }, (_, index) => {
      const inner = index === 0 ? 'x' : Array.from({ length: 9 }, () => `*l${index - 1}`).join(', ');
      return `l${index}: &l${index} [${inner}]`;
    });
    expect(problems(`${layers.join('\n')}\n`)[0]?.message).toContain('alias');
  });
});
