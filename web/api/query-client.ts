import { QueryCache, QueryClient } from '@tanstack/react-query';
import { AppError } from '../../core/error.ts';
import { noteSignedIn } from './session.ts';

const maxRetries = 3;

/** What was read is kept until an event says that it changed; the window's focus asks again after a while. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (AppError.from(error).code === 'unauthenticated') noteSignedIn('no');
      },
      onSuccess: () => noteSignedIn('yes'),
    }),
    defaultOptions: {
      queries: {
        staleTime: 15_000,
        networkMode: 'always',
        retry: (count, error) => count < maxRetries && isPassing(error),
        retryDelay: (attempt) => Math.min(500 * 2 ** attempt, 5000),
      },
    },
  });
}

function isPassing(error: unknown): boolean {
  const { code } = AppError.from(error);
  return code === 'unavailable' || code === 'timeout';
}
