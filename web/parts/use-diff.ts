import { useMutation, useQuery } from '@tanstack/react-query';
import { cleanValue } from '../../core/clean-text.ts';
import { AppError } from '../../core/error.ts';
import { type DiffChange, decodeDiff, isFinal } from '../../core/operation.ts';
import { client, unwrap } from '../api/client.ts';

/** Where the event of its end got lost, the operation is asked after. */
const askAgainMs = 1500;

export type Diff =
  | { readonly type: 'none' }
  | { readonly type: 'waiting'; readonly phase: string; readonly cluster: string }
  | { readonly type: 'failed'; readonly error: unknown }
  | { readonly type: 'done'; readonly at: string; readonly changes: readonly DiffChange[] };

/** Asks the agent to compare Git with the cluster by a dry-run; nothing is written. */
export function useDiff(key: string): { readonly diff: Diff; readonly compare: () => void } {
  const start = useMutation({
    mutationFn: () =>
      unwrap(
        client.POST('/api/v1/applications/{key}/operations', {
          params: { path: { key } },
          body: { type: 'diff' },
        }),
      ),
  });
  const id = start.data?.id;
  const operation = useQuery({
    queryKey: ['operation', id],
    enabled: id !== undefined,
    queryFn: () => unwrap(client.GET('/api/v1/operations/{id}', { params: { path: { id: id ?? '' } } })),
    refetchInterval: ({ state }) =>
      state.data !== undefined && isFinal(state.data.phase) ? false : askAgainMs,
  });
  return { diff: diffOf(), compare: () => start.mutate() };

  function diffOf(): Diff {
    const error = start.error ?? operation.error;
    if (error !== null) return { type: 'failed', error };
    if (start.isIdle) return { type: 'none' };
    const now = operation.data ?? start.data;
    if (now === undefined || !isFinal(now.phase)) {
      return { type: 'waiting', phase: now?.phase ?? 'Pending', cluster: now?.cluster ?? '' };
    }
    const changes = now.phase === 'Succeeded' ? decodeDiff(now.message) : undefined;
    if (changes === undefined) {
      const remedy = 'The state above says what keeps it';
      return {
        type: 'failed',
        error: new AppError('unavailable', `it can't be compared: ${now.message}`, { remedy }),
      };
    }
    return { type: 'done', at: now.finishedAt ?? now.requestedAt, changes: cleanValue(changes) };
  }
}
