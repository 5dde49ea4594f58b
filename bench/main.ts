import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Figure, formatFigures } from './figures.ts';
import { type Row, rows } from './rows.ts';

const file = join(import.meta.dirname, 'results.json');

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/**
 * Measures the rows that are named, or all that don't take long, each on real processes and next to bare requests that do
 * the same in the same run. Results of rows that aren't measured stay in `bench/results.json`.
 */
async function main(names: readonly string[]): Promise<number> {
  const chosen = chooseRows(names);
  if (chosen === undefined) return 1;
  const minutes = chosen.reduce((sum, row) => sum + row.minutes, 0);
  say(`bench: ${chosen.map(({ name }) => name).join(', ')}; about ${minutes} minutes`);
  for (const row of chosen) {
    const figures = await row.measure(say);
    process.stdout.write(`${formatFigures(figures)}\n`);
    writeFileSync(file, `${JSON.stringify(merge(readResults(), figures), null, 2)}\n`);
  }
  say('bench: written to bench/results.json');
  return 0;
}

/** `undefined` where a name is none; that is said. */
function chooseRows(names: readonly string[]): readonly Row[] | undefined {
  const unknown = names.filter((name) => rows.every((row) => row.name !== name));
  if (unknown.length > 0) {
    say(`bench: there is no row ${unknown.join(', ')}. Rows:`);
    for (const { name, what, minutes, runs } of rows)
      say(`  ${name.padEnd(10)} ${what} (${minutes} min${runs === 'always' ? '' : ', only where named'})`);
    return undefined;
  }
  return rows.filter(({ name, runs }) => (names.length === 0 ? runs === 'always' : names.includes(name)));
}

function readResults(): readonly Figure[] {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Figure[]) : [];
}

/** New figures in the places of the old ones of their ids, others after them. */
function merge(before: readonly Figure[], measured: readonly Figure[]): readonly Figure[] {
  const news = new Map(measured.map((figure) => [figure.id, figure]));
  const kept = before.map((figure) => news.get(figure.id) ?? figure);
  const known = new Set(before.map(({ id }) => id));
  return [...kept, ...measured.filter(({ id }) => !known.has(id))];
}

process.exitCode = await main(process.argv.slice(2));
