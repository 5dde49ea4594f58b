import { AppError } from '../../core/error.ts';
import { KeptDocuments } from '../observe/kept-documents.ts';
import type { EngineOptions } from './engine-api.ts';

/** Documents of the engine's state, which says in the log what could not be kept. */
export function keepDocuments<T extends object>(
  { state, clock, log }: Pick<EngineOptions, 'state' | 'clock' | 'log'>,
  name: string,
  shards = 1,
  compact?: (value: T) => T,
): KeptDocuments<T> {
  return new KeptDocuments<T>({
    state,
    name,
    shards,
    compact,
    setTimer: (ms, fire) => clock.setTimer(ms, fire),
    onError: (error) => log.error({ document: name, error: AppError.from(error).message }, 'state not kept'),
  });
}
