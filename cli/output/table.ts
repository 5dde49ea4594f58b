import { createRequire } from 'node:module';
import { stripVTControlCharacters } from 'node:util';
import type CliTable from 'cli-table3';
import type { Style } from './style.ts';

const gap = 2;
const narrowest = 8;

/** Rows under a heading, in columns that fit the width: the widest give way and wrap. */
export function formatTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
): string {
  const cells = rows.map((row) => row.map(oneLine));
  const widths = fitWidths(naturalWidths(head, cells), style.width);
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
    wordWrap: true,
    wrapOnWordBoundary: false,
  });
  table.push(...cells.map((row) => [...row]));
  return trimLines(table.toString());
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
    Math.max(name.length, ...rows.map((row) => stripVTControlCharacters(row[column] ?? '').length)),
  );
}

/** Takes from the widest column until all fit, or none may get narrower. */
function fitWidths(natural: readonly number[], width: number): readonly number[] {
  const widths = [...natural];
  const total = (): number => widths.reduce((sum, each) => sum + each + gap, 0);
  while (total() > width) {
    const widest = widths.indexOf(Math.max(...widths));
    const current = widths[widest] ?? 0;
    if (current <= narrowest) break;
    widths[widest] = current - 1;
  }
  return widths;
}

function trimLines(text: string): string {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}
