import { useEffect, useState } from 'react';
import { AppError } from '../../core/error.ts';
import type { LogRecord } from '../../core/live-view.ts';
import { type LogQuery, readLogs } from '../api/read-logs.ts';

/** Lines that a page keeps: older ones go as new ones come. */
const keptLines = 2000;
/** Lines of one moment are drawn together. */
const drawMs = 100;

export interface LogLine {
  /** Counted from the first line of the log that was shown, also those that are gone. */
  readonly number: number;
  readonly text: string;
  readonly kind: 'line' | 'note';
}

export interface ShownLog {
  readonly lines: readonly LogLine[];
  readonly state: 'reading' | 'over';
  readonly error: unknown;
}

const nothing: ShownLog = { lines: [], state: 'reading', error: undefined };

/** The newest lines of a log, while they are shown; the query ends with the view. */
export function useLogs(application: string, query: LogQuery): ShownLog {
  const [shown, setShown] = useState(nothing);
  const { object, container, mode, tailLines } = query;
  useEffect(() => {
    const ending = new AbortController();
    const lines: LogLine[] = [];
    let count = 0;
    let timer: number | undefined;
    setShown(nothing);
    const draw = (state: ShownLog['state'], error?: unknown): void => {
      window.clearTimeout(timer);
      timer = undefined;
      if (!ending.signal.aborted) setShown({ lines: lines.slice(-keptLines), state, error });
    };
    const sources = new Set<string>();
    const read = async (): Promise<void> => {
      const wanted = { object, mode, tailLines, ...(container === undefined ? {} : { container }) };
      for await (const record of readLogs(application, wanted, ending.signal)) {
        const line = lineOf(record, sources);
        if (line === undefined) continue;
        lines.push({ ...line, number: count });
        if (lines.length > 2 * keptLines) lines.splice(0, lines.length - keptLines);
        count += 1;
        timer ??= window.setTimeout(() => draw('reading'), drawMs);
      }
      draw('over');
    };
    read().catch((error: unknown) => draw('over', AppError.from(error, 'unavailable')));
    return () => {
      ending.abort();
      window.clearTimeout(timer);
    };
  }, [application, object, container, mode, tailLines]);
  return shown;
}

function lineOf(
  record: Exclude<LogRecord, { type: 'error' }>,
  sources: Set<string>,
): Omit<LogLine, 'number'> | undefined {
  switch (record.type) {
    case 'source':
      sources.add(`${record.pod} ${record.container}`);
      return undefined;
    case 'line': {
      const whose = sources.size > 1 ? `${record.pod} ${record.container} | ` : '';
      return { kind: 'line', text: `${whose}${record.text}` };
    }
    case 'dropped':
      return { kind: 'note', text: `${record.lines} lines of ${record.pod} came too fast and are left out` };
    case 'note':
      return { kind: 'note', text: record.message };
  }
}
