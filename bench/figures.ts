import { availableParallelism } from 'node:os';

/** One line of `bench/results.json`. */
export interface Figure {
  readonly id: string;
  /** Of all numbers in this line: `s`, `ms`, `MB`, `requests/min`, `requests`. */
  readonly unit: string;
  /** The figure itself: the whole, or the median of repetitions. */
  readonly value: number;
  /** Of repetitions; equal to `value` where there was one. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** The same work done by bare requests in the same run; null where there is no such thing. */
  readonly raw: number | null;
  /** `value / raw`. */
  readonly ratio: number | null;
  /** ISO 8601. */
  readonly at: string;
  readonly cores: number;
}

/** A figure of several measurements, with the raw limit's measurements of the same work. */
export function figureOf(
  id: string,
  unit: string,
  samples: readonly number[],
  raw: readonly number[] = [],
): Figure {
  const value = percentile(samples, 50);
  const limit = raw.length === 0 ? null : percentile(raw, 50);
  return {
    id,
    unit,
    value: round(value),
    p50: round(value),
    p95: round(percentile(samples, 95)),
    p99: round(percentile(samples, 99)),
    raw: limit === null ? null : round(limit),
    ratio: limit === null || limit === 0 ? null : round(value / limit),
    at: new Date().toISOString(),
    cores: availableParallelism(),
  };
}

/** Nearest rank. */
export function percentile(samples: readonly number[], rank: number): number {
  const sorted = samples.toSorted((left, right) => left - right);
  const index = Math.max(0, Math.ceil((rank / 100) * sorted.length) - 1);
  return sorted[index] ?? Number.NaN;
}

export function formatFigures(figures: readonly Figure[]): string {
  const rows = [
    ['what', 'value', 'p50', 'p95', 'p99', 'raw', 'ratio'],
    ...figures.map((each) => [
      each.id,
      `${each.value} ${each.unit}`,
      String(each.p50),
      String(each.p95),
      String(each.p99),
      each.raw === null ? '' : String(each.raw),
      each.ratio === null ? '' : `${each.ratio}×`,
    ]),
  ];
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
