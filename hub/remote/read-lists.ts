import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../core/error.ts';
import type { Credential } from '../credentials/credential.ts';
import { checkPrefixes, parseCredentials } from '../credentials/parse-credentials.ts';
import { parseGitCredentials } from '../credentials/parse-git-credentials.ts';

/** Where credentials are listed. */
export interface CredentialLists {
  /** A YAML list, or a folder that holds it as `credentials.yaml` with the files that it names. */
  readonly credentials: string | undefined;
  /** A file as git-credential-store(1) writes it. */
  readonly gitCredentials: string | undefined;
}

/** What a folder's list is called. */
const listName = 'credentials.yaml';

/** The lists' texts, as they are now. Throws AppError `not-found` naming the one that can't be read. */
export async function readListTexts({
  credentials,
  gitCredentials,
}: CredentialLists): Promise<readonly [string | undefined, string | undefined]> {
  const list = credentials === undefined ? undefined : await listFile(credentials);
  return [
    list === undefined ? undefined : await readText(list, 'credentials', 'CREDENTIALS'),
    gitCredentials === undefined
      ? undefined
      : await readText(gitCredentials, 'git-credentials', 'GIT_CREDENTIALS'),
  ];
}

/** All entries of both lists. Throws AppError `invalid` naming file and line. */
export async function parseLists(
  lists: CredentialLists,
  [list, lines]: readonly [string | undefined, string | undefined],
): Promise<readonly Credential[]> {
  const entries = [
    ...(list === undefined ? [] : parseCredentials(list, await listFile(lists.credentials ?? ''))),
    ...(lines === undefined ? [] : parseGitCredentials(lines, lists.gitCredentials ?? '')),
  ];
  checkPrefixes(entries);
  return entries;
}

async function listFile(path: string): Promise<string> {
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return isFolder ? join(path, listName) : path;
}

async function readText(file: string, flag: string, variable: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new AppError('not-found', `the credentials can't be read: ${AppError.from(error).message}`, {
      remedy: `Name the file by --${flag} or FAIRLEAD_${variable}, or leave it out`,
      cause: error,
    });
  }
}
