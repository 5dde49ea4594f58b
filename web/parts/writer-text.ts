import { writerText as knownWriter } from '../../core/writer-text.ts';
import type { Schemas } from '../api/client.ts';

/** Who wrote: a tool, as managed fields name it, and the person where the agent hears of them. */
export function writerText(change: Pick<Schemas['Drift'], 'writer' | 'person'>): string {
  return knownWriter(change) ?? 'an unknown writer';
}
