import { AppError } from '../../core/error.ts';
import type { Settings } from '../settings.ts';
import { connectionError } from './connection-error.ts';

/** One mark per thing that changed at the hub, until the connection or `signal` ends. Throws AppError as requests do. */
export async function* readEvents(
  settings: Settings,
  signal: AbortSignal,
): AsyncGenerator<'connected' | 'changed'> {
  const response = await fetch(`${settings.server}/api/v1/events`, {
    headers: settings.token === undefined ? {} : { authorization: `Bearer ${settings.token}` },
    signal,
  }).catch((error: unknown) => {
    throw connectionError(error, settings);
  });
  if (!response.ok || response.body === null) {
    throw new AppError('unavailable', `the hub gives no live view (HTTP ${response.status})`);
  }
  yield 'connected';
  let rest = '';
  for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
    const frames = (rest + text).split('\n\n');
    rest = frames.pop() ?? '';
    for (const frame of frames) if (frame.startsWith('event:')) yield 'changed';
  }
}
