import { expect, test } from 'vitest';
import { readYamlStream } from '../../../hub/catalog/yaml-stream.ts';

/** Answers of sigs.k8s.io/yaml v1.6.0 (YAMLToJSON of `v: …`), as its JSON has them. */
const answers: readonly (readonly [string, unknown])[] = [
  ['yes', true],
  ['No', false],
  ['on', true],
  ['OFF', false],
  ['y', true],
  ['N', false],
  ['true', true],
  ['True', true],
  ['tRue', 'tRue'],
  ['~', null],
  ['null', null],
  ['Null', null],
  ['', null],
  ['0777', 511],
  ['0o14', 12],
  ['0b11', 3],
  ['-0b11', -3],
  ['08', 8],
  ['09.5', 9.5],
  ['0x1F', 31],
  ['-0x1F', -31],
  ['1_000', 1000],
  ['1__0', 10],
  ['_1', '_1'],
  ['0_7', 7],
  ['0x_1F', 31],
  ['1_0.5', 10.5],
  ['+1', 1],
  ['-0', 0],
  ['1e3', 1000],
  ['1e6', 1_000_000],
  ['1.0', 1],
  ['1.10', 1.1],
  ['.5', 0.5],
  ['-.5', -0.5],
  ['5.', 5],
  ['0.', 0],
  ['1e', '1e'],
  ['1e400', '1e400'],
  ['.', '.'],
  ['1.2.3', '1.2.3'],
  ['190:20:30', '190:20:30'],
  ['2001-12-14', '2001-12-14'],
  ['2001-12-14T21:59:43Z', '2001-12-14T21:59:43Z'],
  ['12345678901234567890', 12345678901234567890n],
  ['9007199254740993', 9007199254740993n],
  ['-9007199254740993', -9007199254740993n],
  ['123456789012345678901234567890', 1.2345678901234568e29],
  ['"yes"', 'yes'],
  ["'0777'", '0777'],
  ['"1"', '1'],
  ['!!str 123', '123'],
  ['!!int "12"', 12],
  ['!!float 1', 1],
  ['!!bool yes', true],
  ['!!binary aGVsbG8=', 'hello'],
  ['!foo bar', 'bar'],
  ['=', '='],
];

test.each(answers)('%s is read as sigs.k8s.io/yaml reads it', (text, value) => {
  const { documents, failures } = readYamlStream(`v: ${text}\n`);
  expect(failures).toEqual([]);
  expect(documents[0]?.value).toEqual({ v: value });
});

test.each([
  ['on: 1\n', { true: 1 }],
  ['yes: 1\n1: a\n', { true: 1, 1: 'a' }],
  ['1.5: a\n0x10: b\n', { '1.5': 'a', '16': 'b' }],
  ['<<: {a: 1}\na: 2\n', { a: 2 }],
  ['a: 2\n<<: {a: 1}\n', { a: 1 }],
  ['a: 1\n<<: [{b: 2}, {b: 3}]\n', { a: 1, b: 2 }],
  ['b: &x {k: 1}\na:\n  <<: *x\n  l: 2\n', { b: { k: 1 }, a: { k: 1, l: 2 } }],
  ['a: |\r\n  x\r\n  y\r\n', { a: 'x\ny\n' }],
  ['{\n\t"a": [1, true, "x\\u00e4"]\n}\n', { a: [1, true, 'xä'] }],
  ['a: !!set {x}\n', { a: { x: null } }],
])('%j is read as sigs.k8s.io/yaml reads it', (text, value) => {
  const { documents, failures } = readYamlStream(text);
  expect(failures).toEqual([]);
  expect(documents.map((document) => document.value)).toEqual([value]);
});

test.each([
  ['a: 1\nb: 2\na: 3\n', 'duplicate-key', 3],
  ['x:\n  yes: 1\n  true: 2\n', 'duplicate-key', 3],
  ['a: 1\n~: b\n', 'yaml-key', 2],
  ['a:\n  b: .inf\n', 'yaml-number', 2],
  ['a: [1\nb: 2\n', 'yaml-syntax', 1],
  ['a: 1\nb: *nothing\n', 'yaml-alias', 2],
  ['a: &a [*a]\n', 'yaml-alias', 1],
  ['a: !!int x\n', 'yaml-tag', 1],
])('%j is refused: %s at line %i', (text, code, line) => {
  expect(readYamlStream(text).failures[0]).toMatchObject({ code, line });
});

test('nesting that would exhaust the stack is refused', () => {
  expect(readYamlStream(`a: ${'['.repeat(600)}${']'.repeat(600)}`).failures[0]?.code).toBe('yaml-depth');
  expect(readYamlStream(`a: ${'['.repeat(50_000)}`).failures.length).toBeGreaterThan(0);
});

test('an alias bomb is refused before it fills the memory', () => {
  const lines = ['a0: &a0 [lol,lol,lol,lol,lol,lol,lol,lol,lol]'];
  for (let level = 1; level < 12; level += 1) {
    lines.push(`a${level}: &a${level} [${Array.from({ length: 9 }, () => `*a${level - 1}`).join(',')}]`);
  }
  expect(readYamlStream(lines.join('\n')).failures[0]?.code).toBe('yaml-aliases');
});

test('a key named __proto__ is a key like any other', () => {
  const value = readYamlStream('__proto__: {a: 1}\n').documents[0]?.value;
  expect(Object.keys(value as object)).toEqual(['__proto__']);
});
