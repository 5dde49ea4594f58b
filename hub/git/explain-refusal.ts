import { AppError } from '../../core/error.ts';
import type { RemotePort } from '../credentials/remote.ts';

/**
 * Waits for what a repository does. Where its server refuses what it was shown, the error says which credentials those
 * were, and tokens that were made for it are made anew.
 */
export async function explainRefusal<T>(remote: RemotePort, url: string, result: Promise<T>): Promise<T> {
  try {
    return await result;
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'unauthenticated') throw error;
    remote.refused(url);
    // The credentials' own trouble, such as a GitHub App that isn't known, says what to do.
    if (!/^the Git server asks/.test(error.message)) throw error;
    throw new AppError(error.code, error.message, {
      ...(error.subject === undefined ? {} : { subject: error.subject }),
      remedy: remedyFor(remote, url),
      cause: error,
    });
  }
}

function remedyFor(remote: RemotePort, url: string): string {
  const entry = remote.entry(url);
  if (entry === undefined)
    return "Give the hub credentials for this URL (--credentials, --git-credentials): none of its entries' prefixes fits";
  return `It was shown the credentials of ${entry.name} (${entry.place}): check that they still hold and may read this repository`;
}
