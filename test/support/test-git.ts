import type { RemotePort } from '../../hub/credentials/remote.ts';
import { type OpenGitOptions, openGit } from '../../hub/git/open-git.ts';
import type { GitPort } from '../../hub/ports.ts';
import { type OpenRemoteOptions, openRemote } from '../../hub/remote/open-remote.ts';
import { recordLog } from './record-log.ts';

export interface TestGitOptions extends Omit<OpenGitOptions, 'remote'> {
  /** A list of credentials, or a folder with it; none where absent. */
  readonly credentials?: string;
}

/** Credentials from a file or folder, without any from the environment. */
export function openTestRemote(
  credentials?: string,
  options: Partial<OpenRemoteOptions> = {},
): Promise<RemotePort> {
  return openRemote({
    lists: { credentials, gitCredentials: undefined },
    environment: {},
    clock: { now: () => new Date() },
    log: recordLog(),
    ...options,
  });
}

/** The hub's view of Git with its credentials; both are closed together. */
export async function openTestGit({ credentials, ...options }: TestGitOptions): Promise<GitPort> {
  const remote = await openTestRemote(credentials);
  try {
    const git = await openGit({ ...options, remote });
    const close = async (): Promise<void> => {
      await git.close();
      await remote.close();
    };
    return { ...git, close };
  } catch (error) {
    await remote.close();
    throw error;
  }
}
