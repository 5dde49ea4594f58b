import { join } from 'node:path';
import { diskError } from '../../core/disk-error.ts';
import type { NumberedReport, Report } from '../../core/session.ts';
import type { OutboxPort } from '../ports.ts';
import { PendingReports } from './pending-reports.ts';
import { encodeEntries, type LogEntry, ReportLog } from './report-log.ts';

export interface Outbox extends OutboxPort {
  /** Drift events that were dropped for the bound since the hub had last taken everything; for the cluster's problems. */
  lost(): number;
  /** How many the hub has not acknowledged. */
  unsent(): number;
  /** What waits, as a file that `openOutbox` reads; `undefined` where nothing does. */
  snapshot(): Uint8Array | undefined;
  /** Resolves once everything added before is on disk or has failed. */
  close(): Promise<void>;
}

const consequence = 'Reports wait in memory until then and are lost if the agent ends before';
/** A log is rewritten once it has this many lines more than twice what waits. */
const slackLines = 1000;
const retryMs = 5_000;

/**
 * Opens the outbox of a folder. Numbers start from the clock, so that an agent whose folder was lost goes on above what
 * the hub has from it. Throws AppError `unavailable` where the folder can't be used.
 */
export async function openOutbox(options: {
  readonly dir: string;
  readonly clock: { now(): Date };
}): Promise<Outbox> {
  const file = join(options.dir, 'outbox.jsonl');
  try {
    const { log, entries } = await ReportLog.open(file);
    return new DiskOutbox(file, log, entries, options.clock.now().getTime());
  } catch (error) {
    throw diskError(error, file, 'The agent needs its folder to start');
  }
}

interface Waiting {
  readonly numbered: NumberedReport;
  resolve(): void;
  reject(error: unknown): void;
}

class DiskOutbox implements Outbox {
  readonly #file: string;
  readonly #log: ReportLog;
  readonly #pending = new PendingReports();
  readonly #listeners: (() => void)[] = [];
  #next: number;
  /** Added and not yet on disk. They can't be read: a number that was sent must never be given out again. */
  #waiting: Waiting[] = [];
  #acknowledged = 0;
  #flushing: Promise<void> | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(file: string, log: ReportLog, entries: readonly LogEntry[], firstNumber: number) {
    this.#file = file;
    this.#log = log;
    this.#next = firstNumber;
    for (const entry of entries) this.#restore(entry);
  }

  add(report: Report): Promise<void> {
    const numbered = { sequence: this.#next, report };
    this.#next += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.push({ numbered, resolve, reject });
      this.#flush();
    });
  }

  read(after: number, limit: number): readonly NumberedReport[] {
    return this.#pending.read(after, limit);
  }

  async acknowledge(sequence: number): Promise<void> {
    // An own number below `next` was given out by this log; another one is of a folder that was lost.
    if (sequence >= this.#next) return this.#renumber(sequence + 1);
    this.#pending.acknowledge(sequence);
    this.#acknowledged = Math.max(this.#acknowledged, sequence);
    this.#flush();
    await this.#flushing;
  }

  onAdded(listener: () => void): void {
    this.#listeners.push(listener);
  }

  lost(): number {
    return this.#pending.lost;
  }

  unsent(): number {
    return this.#pending.size + this.#waiting.length;
  }

  snapshot(): Uint8Array | undefined {
    return this.#pending.size === 0 ? undefined : encodeEntries(this.#snapshot());
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    await this.#flushing;
    await this.#log.close();
  }

  #restore(entry: LogEntry): void {
    switch (entry.type) {
      case 'start':
        // Not below the clock: a copy of the log may be older than what was sent meanwhile.
        this.#next = Math.max(this.#next, entry.next);
        this.#pending.restoreLost(entry.lost);
        break;
      case 'report':
        this.#next = Math.max(this.#next, entry.numbered.sequence + 1);
        this.#pending.add(entry.numbered);
        break;
      case 'acknowledged':
        this.#next = Math.max(this.#next, entry.sequence + 1);
        this.#pending.acknowledge(entry.sequence);
        break;
    }
  }

  /** What comes within one turn of the event loop, or while the disk is busy, shares one write. */
  #flush(): void {
    if (this.#closed) return;
    this.#flushing ??= new Promise<void>((resolve) => setImmediate(resolve)).then(async () => {
      while (this.#waiting.length > 0 || this.#acknowledged > 0) if (!(await this.#write())) break;
      this.#flushing = undefined;
    });
  }

  async #write(): Promise<boolean> {
    const batch = this.#waiting;
    const acknowledged = this.#acknowledged;
    this.#waiting = [];
    this.#acknowledged = 0;
    const entries: LogEntry[] = batch.map(({ numbered }) => ({ type: 'report', numbered }));
    if (acknowledged > 0) entries.unshift({ type: 'acknowledged', sequence: acknowledged });
    try {
      await this.#log.append(entries);
    } catch (error) {
      this.#waiting = [...batch, ...this.#waiting];
      this.#retryLater(batch, diskError(error, this.#file, consequence));
      return false;
    }
    for (const { numbered } of batch) this.#pending.add(numbered);
    await this.#compact();
    for (const { resolve } of batch) resolve();
    if (batch.length > 0) for (const listener of this.#listeners) listener();
    return true;
  }

  async #compact(): Promise<void> {
    if (this.#log.lines <= 2 * this.#pending.size + slackLines) return;
    try {
      await this.#log.rewrite(this.#snapshot());
    } catch {
      // The long log is as good as the short one; the next write tries again.
    }
  }

  /** Who waits is told; the reports stay and are tried again. */
  #retryLater(batch: readonly Waiting[], error: unknown): void {
    for (const { reject } of batch) reject(error);
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#flush(), retryMs);
    this.#retryTimer.unref();
  }

  #snapshot(): readonly LogEntry[] {
    const reports = this.#pending.read(0, this.#pending.size);
    return [
      { type: 'start', next: this.#next, lost: this.#pending.lost },
      ...reports.map((numbered) => ({ type: 'report', numbered }) as const),
    ];
  }

  /** Gives everything that waits new numbers, from `first` on. */
  async #renumber(first: number): Promise<void> {
    await this.#flushing;
    const reports = this.#pending.read(0, this.#pending.size);
    this.#pending.acknowledge(Number.MAX_SAFE_INTEGER);
    this.#next = Math.max(this.#next, first);
    await Promise.all(reports.map(({ report }) => this.add(report)));
  }
}
