import { expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { errorOffset } from '../../../hub/catalog/yaml-error.ts';

function firstErrorLine(text: string): number | undefined {
  for (const document of parseAllDocuments(text, { prettyErrors: false })) {
    const [error] = document.errors;
    if (error !== undefined) return text.slice(0, errorOffset(document, error)).split('\n').length;
  }
  return undefined;
}

it.each([
  ['a double quote', 'a: 1\nb: "x\nc: 2\nd: 3\n', 2],
  ['a single quote', "a: 1\nb: 'x\nc: 2\nd: 3\n", 2],
  ['a quote in a list', 'a: 1\nargs: ["x", "y]\nb: 2\n', 2],
  ['a bracket', 'a: 1\nb: [1\nc: 2\nd: 3\n', 2],
  ['a brace', 'a: 1\nb: {x: 1\nc: 2\nd: 3\n', 2],
])('%s that nobody closes is wrong where it was opened', (_what, text, line) => {
  expect(firstErrorLine(text)).toBe(line);
});

it.each([
  ['a nested mapping', 'a: "x"\nb: c: d\n', 2],
  ['a wrong indentation', 'a:\n  - "b"\n c: 1\n', 3],
  ['a tab', 'a:\n\tb: 1\n', 2],
])('%s is wrong where it is', (_what, text, line) => {
  expect(firstErrorLine(text)).toBe(line);
});
