import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

interface Row {
  readonly number: number;
  readonly files: readonly string[];
  readonly result: string;
}

function readRows(): readonly Row[] {
  const text = readFileSync(join(root, 'docs/failure-catalogue.md'), 'utf8');
  return [...text.matchAll(/^\| (\d+) \|(.*)\|$/gm)].map(([, number = '', rest = '']) => {
    // A bar inside of a code span or behind a backslash is text.
    const cells = rest.split(/(?<!\\)\|/).map((cell) => cell.trim());
    const files = [...(cells.at(-2) ?? '').matchAll(/test\/[\w./-]+\.test\.ts/g)].map(([file]) => file);
    return { number: Number(number), files, result: cells.at(-1) ?? '' };
  });
}

function names(row: Row, file: string): boolean {
  const path = join(root, file);
  return existsSync(path) && new RegExp(`\\brow ${row.number}\\b`).test(readFileSync(path, 'utf8'));
}

describe('the failure catalogue', () => {
  const rows = readRows();

  it('has every row once, in order', () => {
    expect(rows.map((row) => row.number)).toEqual(Array.from({ length: 56 }, (_, index) => index + 1));
  });

  it('says of each row what was seen, or why nothing can be', () => {
    expect(rows.filter((row) => row.result === '').map((row) => row.number)).toEqual([]);
  });

  it('links each row to files whose tests are named by it', () => {
    const wrong = rows.flatMap((row) =>
      row.files.filter((file) => !names(row, file)).map((file) => `row ${row.number}: ${file}`),
    );
    expect(wrong).toEqual([]);
  });
});
