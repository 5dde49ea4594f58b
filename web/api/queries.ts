import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query';
import type { paths } from '../../client/schema.ts';
import { client, timeZone, unwrap } from './client.ts';

export type ApplicationFilter = Omit<
  NonNullable<paths['/api/v1/applications']['get']['parameters']['query']>,
  'timeZone' | 'limit' | 'offset'
>;

const pageSize = 200;

export function useOverview() {
  return useQuery({
    queryKey: ['overview'],
    queryFn: () => unwrap(client.GET('/api/v1/overview', { params: { query: { timeZone } } })),
  });
}

/** Applications in pages: the next one is read when the reader comes near. */
export function useApplications(filter: ApplicationFilter) {
  return useInfiniteQuery({
    queryKey: ['applications', filter],
    initialPageParam: 0,
    queryFn: ({ pageParam }) => {
      const query = { ...filter, timeZone, limit: pageSize, offset: pageParam };
      return unwrap(client.GET('/api/v1/applications', { params: { query } }));
    },
    getNextPageParam: (last, _pages, offset) =>
      offset + pageSize < last.total ? offset + pageSize : undefined,
    placeholderData: keepPreviousData,
  });
}

/** Enough that those whose name it is are among them. */
const searchLimit = 100;

/** What a few letters may mean, for the search. */
export function useFoundApplications(text: string) {
  return useQuery({
    queryKey: ['applications', 'search', text],
    queryFn: () => {
      const query = { text, order: 'worst', limit: searchLimit, timeZone } as const;
      return unwrap(client.GET('/api/v1/applications', { params: { query } }));
    },
    enabled: text !== '',
    placeholderData: keepPreviousData,
  });
}

export function useApplication(key: string) {
  return useQuery({
    queryKey: ['application', key],
    queryFn: () =>
      unwrap(client.GET('/api/v1/applications/{key}', { params: { path: { key }, query: { timeZone } } })),
  });
}

export function useExplanation(target: string) {
  return useQuery({
    queryKey: ['application', target, 'explanation'],
    queryFn: () => unwrap(client.GET('/api/v1/explain', { params: { query: { target, timeZone } } })),
  });
}

export function useDrifts(state: 'open' | 'all') {
  return useQuery({
    queryKey: ['drifts', state],
    queryFn: () => {
      const query = { ...(state === 'open' ? { state } : {}), limit: pageSize, timeZone };
      return unwrap(client.GET('/api/v1/drifts', { params: { query } }));
    },
    placeholderData: keepPreviousData,
  });
}

/** One drift with its course. */
export function useDrift(id: string) {
  return useQuery({
    queryKey: ['drifts', 'one', id],
    queryFn: () =>
      unwrap(client.GET('/api/v1/drifts/{id}', { params: { path: { id }, query: { timeZone } } })),
  });
}

export function useClusters() {
  return useQuery({
    queryKey: ['clusters'],
    queryFn: () => unwrap(client.GET('/api/v1/clusters', { params: { query: { timeZone } } })),
  });
}

export function useCluster(name: string) {
  return useQuery({
    queryKey: ['cluster', name],
    queryFn: () =>
      unwrap(client.GET('/api/v1/clusters/{name}', { params: { path: { name }, query: { timeZone } } })),
  });
}

export function useHistory(key: string) {
  return useQuery({
    queryKey: ['history', key],
    queryFn: () => unwrap(client.GET('/api/v1/applications/{key}/history', { params: { path: { key } } })),
  });
}

/** What belongs to no application in the namespace of one. */
export function useOrphans(project: string, application: string) {
  return useQuery({
    queryKey: ['orphans', project, application],
    queryFn: () => {
      const params = { path: { name: project }, query: { application } };
      return unwrap(client.GET('/api/v1/projects/{name}/orphans', { params }));
    },
  });
}

/** What a rollback to a commit would write. */
export function useRevert(key: string, to: string) {
  return useQuery({
    queryKey: ['rollback', key, to],
    queryFn: () =>
      unwrap(client.GET('/api/v1/applications/{key}/rollback', { params: { path: { key }, query: { to } } })),
  });
}
