import { cleanValue } from '../../core/clean-text.ts';
import { AppError } from '../../core/error.ts';
import type { LogRecord } from '../../core/live-view.ts';
import { readError } from './client.ts';

export interface LogQuery {
  readonly object: string;
  readonly container?: string;
  readonly mode: 'now' | 'follow' | 'previous';
  readonly tailLines: number;
}

/** The records of a log as they come, made inert. The signal ends it, at the agent too. Throws AppError, also for what breaks it off. */
export async function* readLogs(
  key: string,
  { object, container, mode, tailLines }: LogQuery,
  signal: AbortSignal,
): AsyncGenerator<Exclude<LogRecord, { type: 'error' }>> {
  const query = new URLSearchParams({
    object,
    tailLines: String(tailLines),
    ...(container === undefined ? {} : { container }),
    ...(mode === 'now' ? {} : { [mode]: 'true' }),
  });
  const response = await fetch(`/api/v1/applications/${encodeURIComponent(key)}/logs?${query}`, { signal });
  if (!response.ok || response.body === null) throw readError(await response.text(), response);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield readRecord(line);
  }
}

function readRecord(line: string): Exclude<LogRecord, { type: 'error' }> {
  const record = cleanValue(JSON.parse(line) as LogRecord);
  if (record.type !== 'error') return record;
  const { code, message, remedy } = record.error;
  throw new AppError(code, message, remedy === undefined ? {} : { remedy });
}
