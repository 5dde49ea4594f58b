import { createRequire } from 'node:module';
import { stripVTControlCharacters } from 'node:util';
import type CliTable from 'cli-table3';
import type { Style } from './style.ts';

const gap = 2;
/** A sentence in a narrower column is harder to read than one below its row. */
const narrowestText = 36;
/** Longer names are broken: an object's name may have 253 characters. */
const longestName = 32;

/**
 * Rows under a heading, in columns that fit the width: texts give way and wrap between words. Where names would have
 * to be broken, each row becomes a few lines instead, its cells one after the other.
 */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
): string {
  const cells = rows.map((row) => row.map(oneLine));
  const widths = fitWidths(head, cells, style.width);
  if (widths === undefined) return cells.map((row) => formatStacked(row, style.width)).join('\n');
  // Loaded only where a table is drawn; it is CommonJS.
  const Table = createRequire(import.meta.url)('cli-table3') as typeof CliTable;
  const table = new Table({
    head: [...head],
    chars: borderless,
    style: {
      'padding-left': 0,
      'padding-right': gap,
      head: style.colour ? ['bold'] : [],
      border: [],
      compact: true,
    },
    colWidths: widths.map((width) => width + gap),
  });
  table.push(
    ...cells.map((row) => row.map((cell, column) => wrapWords(cell, widths[column] ?? 0).join('\n'))),
  );
  return trimLines(table.toString());
}

/** Cells one after the other while they fit; what comes on further lines is indented. */
function formatStacked(row: readonly string[], width: number): string {
  const lines: string[] = [];
  let line = '';
  for (const cell of row.filter((text) => text !== '')) {
    const joined = line === '' ? cell : `${line}${' '.repeat(gap)}${cell}`;
    const room = lines.length === 0 ? width : width - gap;
    if (visibleLength(joined) <= room) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    const parts = wrapWords(cell, width - gap);
    lines.push(...parts.slice(0, -1));
    line = parts.at(-1) ?? '';
  }
  lines.push(line);
  return lines.join(`\n${' '.repeat(gap)}`);
}

/** Lines of at most a width, broken between words; only a word that is longer itself is cut. */
function wrapWords(text: string, width: number): readonly string[] {
  if (visibleLength(text) <= width) return [text];
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length <= width) {
      line += ` ${word}`;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    for (; line.length > width; line = line.slice(width)) lines.push(line.slice(0, width));
  }
  lines.push(line);
  return lines;
}

function visibleLength(text: string): number {
  return stripVTControlCharacters(text).length;
}

/** Names and values below each other; empty values are left out. */
export function formatFields(fields: readonly (readonly [string, string | undefined])[]): string {
  const shown = fields.filter(([, value]) => value !== undefined && value !== '');
  const width = Math.max(...shown.map(([name]) => name.length));
  return shown.map(([name, value = '']) => `${name.padEnd(width + gap)}${oneLine(value)}`).join('\n');
}

const borderless = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim();
}

/** Takes from the widest column that can give until all fit; undefined where they can't. */
function fitWidths(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly number[] | undefined {
  const columns = head.map((name, column) => [name, ...rows.map((row) => row[column] ?? '')]);
  const widths = columns.map((cells) => Math.max(...cells.map(visibleLength)));
  const least = columns.map((cells, column) => leastWidth(cells, widths[column] ?? 0));
  let excess = widths.reduce((sum, each) => sum + each + gap, -width);
  for (; excess > 0; excess -= 1) {
    const [widest] = widths
      .map((each, column) => ({ each, column }))
      .filter(({ each, column }) => each > (least[column] ?? 0))
      .toSorted((left, right) => right.each - left.each);
    if (widest === undefined) return undefined;
    widths[widest.column] = widest.each - 1;
  }
  return widths;
}

/** A column of texts may be as narrow as reads well, one of names as its longest name. */
function leastWidth(cells: readonly string[], natural: number): number {
  const words = cells.flatMap((cell) => stripVTControlCharacters(cell).split(' '));
  const longest = Math.min(longestName, Math.max(...words.map((word) => word.length)));
  return natural > 2 * narrowestText ? Math.max(narrowestText, longest) : longest;
}

function trimLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
