import type { NumberedReport, Report } from '../../core/session.ts';

/** Drift events that are kept while the hub doesn't take them; the oldest go beyond. */
export const maxDriftEvents = 10_000;

/**
 * Reports that wait for the hub, oldest first: the newest of each subject, and every drift event up to the bound.
 * Only in memory; what it holds can be read from and written to a log.
 */
export class PendingReports {
  readonly #reports = new Map<number, Report>();
  /** Subject → number of its report. */
  readonly #newest = new Map<string, number>();
  #drifts = 0;
  #lost = 0;

  get size(): number {
    return this.#reports.size;
  }

  /** Drift events that were dropped for the bound since everything had last been delivered. */
  get lost(): number {
    return this.#lost;
  }

  /** Puts a report at the end; its number is above all before it. */
  add({ sequence, report }: NumberedReport): void {
    const subject = subjectOf(report);
    if (subject === undefined) {
      this.#drifts += 1;
    } else {
      this.#reports.delete(this.#newest.get(subject) ?? 0);
      this.#newest.set(subject, sequence);
    }
    this.#reports.set(sequence, report);
    if (this.#drifts > maxDriftEvents) this.#dropOldestDrift();
  }

  /** Forgets everything up to a number. */
  acknowledge(sequence: number): void {
    for (const [number, report] of this.#reports) {
      if (number > sequence) return;
      this.#forget(number, report);
    }
    this.#lost = 0;
  }

  read(after: number, limit: number): readonly NumberedReport[] {
    const found: NumberedReport[] = [];
    for (const [sequence, report] of this.#reports) {
      if (found.length >= limit) break;
      if (sequence > after) found.push({ sequence, report });
    }
    return found;
  }

  /** What a log says of dropped events, at the start. */
  restoreLost(count: number): void {
    this.#lost = count;
  }

  #dropOldestDrift(): void {
    for (const [number, report] of this.#reports) {
      if (report.type !== 'drift') continue;
      this.#forget(number, report);
      this.#lost += 1;
      return;
    }
  }

  #forget(number: number, report: Report): void {
    this.#reports.delete(number);
    const subject = subjectOf(report);
    if (subject === undefined) this.#drifts -= 1;
    else if (this.#newest.get(subject) === number) this.#newest.delete(subject);
  }
}

/** What a newer report of the same replaces; `undefined` for history, which is kept whole. */
function subjectOf(report: Report): string | undefined {
  switch (report.type) {
    case 'application':
      return `application ${report.status.application}`;
    case 'operation':
      return `operation ${report.result.id}`;
    case 'cluster':
      return 'cluster';
    case 'orphans':
      return `orphans ${report.finds.project} ${report.finds.namespace}`;
    case 'drift':
      return undefined;
  }
}
