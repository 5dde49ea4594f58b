import { AppError, type ErrorCode } from '../../core/error.ts';
import type { LogRecord } from '../../core/live-view.ts';
import type { Settings } from '../settings.ts';
import { connectionError } from './connection-error.ts';
import { readError } from './open-client.ts';

/**
 * The records of a log as they come. Leaving the loop, or the end of this process, ends the query at the agent too. Throws
 * AppError as requests do, also for an `error` that ends the log.
 */
export async function* readLogs(
  settings: Settings,
  key: string,
  query: Readonly<Record<string, string>>,
): AsyncGenerator<Exclude<LogRecord, { type: 'error' }>> {
  const path = `/api/v1/applications/${encodeURIComponent(key)}/logs?${new URLSearchParams(query)}`;
  const response = await fetch(`${settings.server}${path}`, {
    headers: settings.token === undefined ? {} : { authorization: `Bearer ${settings.token}` },
  }).catch((error: unknown) => {
    throw connectionError(error, settings);
  });
  if (!response.ok || response.body === null) throw readError(await bodyOf(response), response);
  let rest = '';
  const texts = response.body.pipeThrough(new TextDecoderStream());
  try {
    for await (const text of texts) {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') yield readRecord(line);
    }
  } catch (error) {
    throw error instanceof AppError ? error : connectionError(error, settings);
  }
}

function readRecord(line: string): Exclude<LogRecord, { type: 'error' }> {
  const record = JSON.parse(line) as LogRecord;
  if (record.type !== 'error') return record;
  const { code, message, subject, remedy } = record.error;
  throw new AppError(code satisfies ErrorCode, message, {
    ...(subject === undefined ? {} : { subject }),
    ...(remedy === undefined ? {} : { remedy }),
  });
}

async function bodyOf(response: Response): Promise<unknown> {
  return response.json().catch(() => undefined);
}
