import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** A person, as Git names one. */
export interface GitAuthor {
  readonly name: string;
  readonly email: string;
}

/**
 * Who asks, as Git would name them here: GIT_AUTHOR_NAME and GIT_AUTHOR_EMAIL, else Git's own configuration; `undefined`
 * where neither says so, or what they say can't stand in a commit.
 */
export async function readGitAuthor(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Promise<GitAuthor | undefined> {
  const name = environment['GIT_AUTHOR_NAME'] ?? (await readSetting('user.name'));
  const email = environment['GIT_AUTHOR_EMAIL'] ?? (await readSetting('user.email'));
  if (name === undefined || email === undefined) return undefined;
  if (!/^[^<>\p{Cc}]{1,200}$/u.test(name) || !/^[^<>\s\p{Cc}]{1,254}$/u.test(email)) return undefined;
  return { name, email };
}

async function readSetting(name: string): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('git', ['config', '--get', name]);
    return stdout.trim();
  } catch {
    // Not set, or no git here.
    return undefined;
  }
}
