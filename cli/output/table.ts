import { createRequire } from 'node:module';
import { stripVTControlCharacters } from 'node:util';
import type CliTable from 'cli-table3';
import { heading, type Style } from './style.ts';

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
  if (widths === undefined) return formatStacked(head, cells, style);
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

/** Rows as a few lines each; the widest column of texts always begins a line. */
function formatStacked(head: readonly string[], rows: readonly (readonly string[])[], style: Style): string {
  const natural = naturalWidths(head, rows);
  const widest = natural.indexOf(Math.max(...natural));
  const title = heading(style, stackCells(head, style.width, head.length));
  return [title, ...rows.map((row) => stackCells(row, style.width, widest))].join('\n');
}

/** Cells one after the other while they fit; what comes on further lines is indented. */
function stackCells(row: readonly string[], width: number, breakBefore: number): string {
  const lines: string[] = [];
  let line = '';
  for (const [column, cell] of row.entries()) {
    if (cell === '') continue;
    const joined = line === '' ? cell : `${line}${' '.repeat(gap)}${cell}`;
    const room = lines.length === 0 ? width : width - gap;
    if (visibleLength(joined) <= room && (column !== breakBefore || line === '')) {
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

function naturalWidths(head: readonly string[], rows: readonly (readonly string[])[]): readonly number[] {
  return head.map((name, column) =>
    Math.max(name.length, ...rows.map((row) => visibleLength(row[column] ?? ''))),
  );
}

/** Takes from the widest column that can give until all fit; undefined where they can't. */
function fitWidths(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  width: number,
): readonly number[] | undefined {
  const widths = [...naturalWidths(head, rows)];
  const least = widths.map((natural, column) =>
    leastWidth([head[column] ?? '', ...rows.map((row) => row[column] ?? '')], natural),
  );
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
