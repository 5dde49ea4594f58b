import { setImmediate as nextTurn } from 'node:timers/promises';
import { parse } from 'yaml';

/** One version of a chart in the index of a repository. */
export interface IndexEntry {
  readonly version: string;
  /** SHA-256 of the archive, hexadecimal; an old index may lack it. */
  readonly digest?: string;
  /** As written: relative to the repository's URL, or whole. */
  readonly urls: readonly string[];
  /** ISO 8601. */
  readonly created?: string;
}

/** The wanted charts of an index, and the names of all it has. */
export interface IndexPart {
  readonly names: readonly string[];
  readonly charts: ReadonlyMap<string, readonly IndexEntry[]>;
}

type Item = Readonly<Record<string, unknown>>;

const wantedFields: ReadonlySet<string> = new Set(['version', 'digest', 'urls', 'created']);
/** Lines between two moments in which other work of the process gets its turn. */
const linesPerTurn = 20_000;
/** What isn't written as Helm writes it is parsed as a whole: 8 MiB of it take seconds. */
const wholeParseBytes = 8 * 1024 * 1024;

/**
 * Reads some charts of an index.yaml, which may have 50 MB: it is cut by the indentation of its lines, and only what
 * counts of the wanted charts is parsed. `undefined` where it's no index, or too large and not written in blocks.
 */
export async function readIndex(text: string, wanted: ReadonlySet<string>): Promise<IndexPart | undefined> {
  if (/^\s*\{/u.test(text)) return partOfWhole(text, wanted);
  const found = await cutCharts(text, wanted);
  if (found === undefined) return text.length <= wholeParseBytes ? partOfWhole(text, wanted) : undefined;
  try {
    const charts = new Map<string, readonly IndexEntry[]>();
    for (const [name, block] of found.blocks) charts.set(name, await readBlock(block));
    return { names: found.names, charts };
  } catch {
    // Anchors, or lists in one line.
    return text.length <= wholeParseBytes ? partOfWhole(text, wanted) : undefined;
  }
}

function partOfWhole(text: string, wanted: ReadonlySet<string>): IndexPart | undefined {
  let document: unknown;
  try {
    document = /^\s*\{/u.test(text)
      ? JSON.parse(text)
      : parse(text, { schema: 'failsafe', logLevel: 'error' });
  } catch {
    return undefined;
  }
  const entries = (document as { entries?: unknown } | null)?.entries;
  if (typeof entries !== 'object' || entries === null) return undefined;
  const charts = new Map<string, readonly IndexEntry[]>();
  for (const [name, items] of Object.entries(entries)) {
    if (wanted.has(name)) charts.set(name, entriesOf(items));
  }
  return { names: Object.keys(entries), charts };
}

/** The lines of each wanted chart, by the keys right below `entries:`. `undefined` where there are none such. */
async function cutCharts(
  text: string,
  wanted: ReadonlySet<string>,
): Promise<{ readonly names: string[]; readonly blocks: ReadonlyMap<string, string> } | undefined> {
  const head = /^entries:[ \t]*(?:#.*)?\r?$/mu.exec(text);
  if (head === null) return undefined;
  const names: string[] = [];
  const blocks = new Map<string, string>();
  let keyIndent = -1;
  let open: { readonly name: string; readonly start: number } | undefined;
  const close = (end: number): void => {
    if (open !== undefined && wanted.has(open.name)) blocks.set(open.name, text.slice(open.start, end));
  };
  let count = 0;
  let position = head.index + head[0].length + 1;
  for (; position < text.length; position = lineEnd(text, position) + 1) {
    count += 1;
    if (count % linesPerTurn === 0) await nextTurn();
    const indent = indentOf(text, position);
    if (indent < 0) continue;
    if (indent === 0) break;
    if (keyIndent < 0) keyIndent = indent;
    if (indent > keyIndent || text[position + indent] === '-') continue;
    const line = text.slice(position + indent, lineEnd(text, position));
    const name = /^["']?([^"':]+)["']?:\s*(?:#.*)?$/u.exec(line)?.[1];
    if (indent < keyIndent || name === undefined) return undefined;
    close(position);
    names.push(name);
    open = { name, start: lineEnd(text, position) + 1 };
  }
  close(position);
  return { names, blocks };
}

function lineEnd(text: string, position: number): number {
  const end = text.indexOf('\n', position);
  return end < 0 ? text.length : end;
}

/** Spaces before the first character of a line; -1 where it's empty or a comment. */
function indentOf(text: string, position: number): number {
  let at = position;
  while (text[at] === ' ') at += 1;
  const first = text[at];
  return first === undefined || first === '\n' || first === '\r' || first === '#' ? -1 : at - position;
}

/** The list of a chart's versions. */
async function readBlock(block: string): Promise<readonly IndexEntry[]> {
  const lines = block.split('\n').filter((line) => indentOf(line, 0) >= 0);
  const first = lines[0];
  if (first === undefined) return [];
  const itemIndent = indentOf(first, 0);
  if (first[itemIndent] !== '-') throw new SyntaxError('no list');
  const kept: string[] = [];
  for (let at = 0; at < lines.length; ) {
    const end = nextItem(lines, at, itemIndent);
    kept.push(...countingLines(lines.slice(at, end), itemIndent));
    at = end;
    if (kept.length % linesPerTurn === 0) await nextTurn();
  }
  return entriesOf(parse(kept.join('\n'), { schema: 'failsafe', logLevel: 'error' }));
}

function nextItem(lines: readonly string[], at: number, itemIndent: number): number {
  let next = at + 1;
  while (
    next < lines.length &&
    !(lines[next]?.[itemIndent] === '-' && indentOf(lines[next] ?? '', 0) === itemIndent)
  ) {
    next += 1;
  }
  return next;
}

/** The lines of one item's fields that count, as an item of a list again. */
function countingLines(item: readonly string[], itemIndent: number): readonly string[] {
  const fieldIndent = /^ *- */u.exec(item[0] ?? '')?.[0].length ?? 0;
  const kept: string[] = [];
  let isKept = false;
  for (const [index, line] of item.entries()) {
    const text = index === 0 ? `${' '.repeat(fieldIndent)}${line.slice(fieldIndent)}` : line;
    if (indentOf(text, 0) === fieldIndent && text[fieldIndent] !== '-') {
      isKept = wantedFields.has(/^["']?(\w+)["']?:/u.exec(text.slice(fieldIndent))?.[1] ?? '');
    }
    if (isKept) kept.push(text);
  }
  const [head, ...rest] = kept;
  return head === undefined ? [] : [`${' '.repeat(itemIndent)}-${head.slice(itemIndent + 1)}`, ...rest];
}

function entriesOf(items: unknown): readonly IndexEntry[] {
  if (!Array.isArray(items)) throw new SyntaxError('no list');
  return items.flatMap((item: unknown): readonly IndexEntry[] => {
    const { version, digest, urls, created } = (item ?? {}) as Item;
    if (typeof version !== 'string' || !Array.isArray(urls)) return [];
    const hex = typeof digest === 'string' ? digest.replace(/^sha256:/u, '').toLowerCase() : '';
    return [
      {
        version,
        urls: urls.filter((url) => typeof url === 'string'),
        ...(/^[0-9a-f]{64}$/u.test(hex) ? { digest: hex } : {}),
        ...(typeof created === 'string' && !Number.isNaN(Date.parse(created))
          ? { created: new Date(created).toISOString() }
          : {}),
      },
    ];
  });
}
