import type { QueryClient, QueryKey } from '@tanstack/react-query';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';

/** Events of one change come together: they are answered once. */
const settleMs = 100;
/** A fleet in motion tells a lot; nobody reads faster than this. */
const pauseMs = 600;
/** Between attempts where the browser itself has given up. */
const retryMs = 2000;

/** Whether the page hears of changes: `since` is when it last did, ISO 8601. */
export type Live = { readonly type: 'live' } | { readonly type: 'cut'; readonly since: string };

/** Keeps what is shown up to date: one stream of hints, which queries are read anew for. */
export function useLive(): Live {
  const queries = useQueryClient();
  const [live, setLive] = useState<Live>({ type: 'live' });
  useEffect(() => openLive(queries, setLive), [queries]);
  return live;
}

function openLive(queries: QueryClient, tell: (live: Live) => void): () => void {
  const flusher = openFlusher(queries);
  let source: EventSource | undefined;
  let retry: number | undefined;
  let cut = false;
  function connect(): void {
    source = new EventSource('/api/v1/events');
    for (const type of eventTypes) {
      source.addEventListener(type, ({ data }) =>
        flusher.add(keysOf(type, JSON.parse(String(data)) as Hint)),
      );
    }
    source.onopen = () => {
      tell({ type: 'live' });
      // Nothing is replayed: whatever changed meanwhile is read now.
      if (cut) queries.invalidateQueries().catch(() => undefined);
      cut = false;
    };
    source.onerror = () => {
      if (!cut) tell({ type: 'cut', since: new Date().toISOString() });
      cut = true;
      // After an answer that isn't a stream, such as 401 or 502, the browser doesn't try again; a read tells which it is.
      if (source?.readyState !== EventSource.CLOSED) return;
      queries.invalidateQueries().catch(() => undefined);
      retry = window.setTimeout(connect, retryMs);
    };
  }
  connect();
  return () => {
    window.clearTimeout(retry);
    source?.close();
    flusher.close();
  };
}

interface Hint {
  readonly application?: string;
  readonly cluster?: string;
  readonly id?: string;
}

const eventTypes = ['generation', 'application', 'drift', 'cluster', 'operation'] as const;

/** The queries that an event concerns. */
function keysOf(type: (typeof eventTypes)[number], hint: Hint): readonly QueryKey[] {
  switch (type) {
    case 'generation':
      return [['overview'], ['applications'], ['application'], ['history'], ['clusters'], ['cluster']];
    case 'application':
      return [
        ['overview'],
        ['applications'],
        ['application', hint.application],
        ['history', hint.application],
        ['clusters'],
        ['cluster'],
      ];
    case 'drift':
      return [['overview'], ['applications'], ['application', hint.application], ['drifts'], ['cluster']];
    case 'cluster':
      return [['overview'], ['clusters'], ['cluster', hint.cluster]];
    case 'operation':
      return [['operation', hint.id]];
  }
}

function openFlusher(queries: QueryClient) {
  const waiting = new Map<string, QueryKey>();
  let timer: number | undefined;
  let lastMs = 0;
  function flush(): void {
    timer = undefined;
    lastMs = performance.now();
    const keys = [...waiting.values()];
    waiting.clear();
    for (const queryKey of keys) queries.invalidateQueries({ queryKey }).catch(() => undefined);
  }
  return {
    add(keys: readonly QueryKey[]): void {
      for (const key of keys) waiting.set(JSON.stringify(key), key);
      const waitMs = Math.max(settleMs, lastMs + pauseMs - performance.now());
      timer ??= window.setTimeout(flush, waitMs);
    },
    close: () => window.clearTimeout(timer),
  };
}
