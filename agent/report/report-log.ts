import { type FileHandle, mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isJsonObject, type Json, numberAt, parseJson, writeJson } from '../../core/json.ts';
import type { NumberedReport, Report } from '../../core/session.ts';

/** One line of the log. */
export type LogEntry =
  | { readonly type: 'report'; readonly numbered: NumberedReport }
  | { readonly type: 'acknowledged'; readonly sequence: number }
  /** Begins a rewritten log: the next number to give out, and how many drift events were dropped before. */
  | { readonly type: 'start'; readonly next: number; readonly lost: number };

/** An append-only file of JSON lines. A line that a crash or a full disk cut short is no line. */
export class ReportLog {
  readonly #file: string;
  #handle: FileHandle;
  /** Bytes of whole lines; what lies beyond is cut off before the next write. */
  #length: number;
  #lines: number;

  private constructor(file: string, handle: FileHandle, length: number, lines: number) {
    this.#file = file;
    this.#handle = handle;
    this.#length = length;
    this.#lines = lines;
  }

  /** Opens the log and gives what it holds, in order. */
  static async open(file: string): Promise<{ log: ReportLog; entries: readonly LogEntry[] }> {
    await mkdir(dirname(file), { recursive: true, mode: 0o700 });
    const content = await readFile(file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return Buffer.alloc(0);
      throw error;
    });
    const length = content.lastIndexOf('\n') + 1;
    const lines = content.subarray(0, length).toString('utf8').split('\n').slice(0, -1);
    const entries = lines.map(decodeEntry).filter((entry) => entry !== undefined);
    // Not for appending: a write has to go where the last whole line ended.
    const handle = await open(file, content.length === 0 ? 'w' : 'r+', 0o600);
    return { log: new ReportLog(file, handle, length, lines.length), entries };
  }

  get lines(): number {
    return this.#lines;
  }

  /** Resolves once the disk has them. Where it fails, the log is as it was. */
  async append(entries: readonly LogEntry[]): Promise<void> {
    const bytes = encodeEntries(entries);
    let written = 0;
    while (written < bytes.length) {
      const result = await this.#handle.write(bytes, written, bytes.length - written, this.#length + written);
      written += result.bytesWritten;
    }
    await this.#handle.truncate(this.#length + written);
    await this.#handle.datasync();
    this.#length += written;
    this.#lines += entries.length;
  }

  /** Replaces the whole log: after a crash it's the old or the new one. */
  async rewrite(entries: readonly LogEntry[]): Promise<void> {
    const bytes = encodeEntries(entries);
    const temporary = `${this.#file}.new`;
    const handle = await open(temporary, 'w', 0o600);
    try {
      await handle.writeFile(bytes);
      await handle.datasync();
      await rename(temporary, this.#file);
    } catch (error) {
      await handle.close();
      throw error;
    }
    await this.#handle.close();
    this.#handle = handle;
    this.#length = bytes.length;
    this.#lines = entries.length;
    const folder = await open(dirname(this.#file), 'r');
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}

/** The log as a whole. */
export function encodeEntries(entries: readonly LogEntry[]): Uint8Array {
  return Buffer.from(entries.map(encodeEntry).join(''));
}

function encodeEntry(entry: LogEntry): string {
  return `${writeJson(entry as unknown as Json)}\n`;
}

function decodeEntry(line: string): LogEntry | undefined {
  let value: Json;
  try {
    value = parseJson(line);
  } catch {
    return undefined;
  }
  if (!isJsonObject(value)) return undefined;
  switch (value['type']) {
    case 'report': {
      const sequence = numberAt(value, 'numbered', 'sequence');
      const report = (value['numbered'] as unknown as NumberedReport | undefined)?.report;
      return sequence === undefined || !isReport(report)
        ? undefined
        : { type: 'report', numbered: { sequence, report } };
    }
    case 'acknowledged': {
      const sequence = numberAt(value, 'sequence');
      return sequence === undefined ? undefined : { type: 'acknowledged', sequence };
    }
    case 'start': {
      const next = numberAt(value, 'next');
      return next === undefined ? undefined : { type: 'start', next, lost: numberAt(value, 'lost') ?? 0 };
    }
    default:
      return undefined;
  }
}

function isReport(report: Report | undefined): report is Report {
  switch (report?.type) {
    case 'application':
    case 'drift':
    case 'operation':
    case 'cluster':
    case 'orphans':
      return true;
    default:
      return false;
  }
}
