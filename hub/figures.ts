import type { GitPort, RenderPort } from './ports.ts';

/** How often each of a few outcomes came. */
export type Counts = Map<string, number>;

/** What the hub counts since its start. */
export interface HubFigures {
  /** By `ok` and `failed`. */
  readonly fetches: Counts;
  readonly renders: Counts;
  readonly passes: Counts;
  /** By receiver type and result: `slack delivered`. */
  readonly deliveries: Counts;
  /** When the last pass ended, however it did, ms since 1970; 0 before the first. */
  lastPassEndedAt: number;
  lastPassDurationMs: number;
}

export function createFigures(): HubFigures {
  return {
    fetches: new Map(),
    renders: new Map(),
    passes: new Map(),
    deliveries: new Map(),
    lastPassEndedAt: 0,
    lastPassDurationMs: 0,
  };
}

export function count(counts: Counts, outcome: string): void {
  counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
}

/** The same port, which notes how its fetches end. */
export function countFetches(port: GitPort, { fetches }: HubFigures): GitPort {
  return {
    ...port,
    async fetch(url, revisions, signal) {
      try {
        const found = await port.fetch(url, revisions, signal);
        count(fetches, 'ok');
        return found;
      } catch (error) {
        count(fetches, 'failed');
        throw error;
      }
    },
  };
}

/** The same port, which notes how its renders end. */
export function countRenders(port: RenderPort, { renders }: HubFigures): RenderPort {
  return {
    async prepare(request) {
      const prepared = await port.prepare(request);
      if (prepared.type === 'problems') return prepared;
      return {
        ...prepared,
        async render(signal) {
          const result = await prepared.render(signal);
          count(renders, result.type === 'rendered' ? 'ok' : 'failed');
          return result;
        },
      };
    },
  };
}
