import type { QueryRequest } from '../../core/query.ts';

/** Asks agents what is live. */
export interface QueryPort {
  /**
   * The bytes of the answer as they come. What isn't read holds the agent back; leaving the loop, or the signal, ends the
   * query there too. Throws AppError that says why there is no answer, or no more of it: `unavailable` where no agent of
   * this cluster is connected.
   */
  ask(cluster: string, request: QueryRequest, signal: AbortSignal): AsyncIterable<Uint8Array>;
}
