import { useQuery } from '@tanstack/react-query';
import type { Schemas } from './client.ts';
import { client, unwrap } from './client.ts';

export type TreeNode = Schemas['TreeNode'];

/**
 * What is live is asked of an agent: only when somebody wants to see it, once, and kept no longer than it is shown. No
 * event, and no focus of the window, asks again.
 */
const whenAskedFor = {
  staleTime: Number.POSITIVE_INFINITY,
  gcTime: 0,
  retry: false,
  refetchOnWindowFocus: false,
  refetchOnReconnect: false,
} as const;

export function useTree(key: string, enabled: boolean) {
  return useQuery({
    ...whenAskedFor,
    queryKey: ['look', 'tree', key],
    enabled,
    queryFn: () => unwrap(client.GET('/api/v1/applications/{key}/tree', { params: { path: { key } } })),
  });
}

export function useLiveObject(key: string, object: string) {
  return useQuery({
    ...whenAskedFor,
    queryKey: ['look', 'live', key, object],
    queryFn: () =>
      unwrap(client.GET('/api/v1/applications/{key}/live', { params: { path: { key }, query: { object } } })),
  });
}

export function useObjectEvents(key: string, object: string) {
  return useQuery({
    ...whenAskedFor,
    queryKey: ['look', 'events', key, object],
    queryFn: () =>
      unwrap(
        client.GET('/api/v1/applications/{key}/events', { params: { path: { key }, query: { object } } }),
      ),
  });
}
