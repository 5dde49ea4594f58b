import { AppError } from '../../core/error.ts';
import { stripCredentials } from './credentials.ts';
import { DamagedCopy, parseGitFailure } from './git-error.ts';

const again = 'Ask again: nothing is half done, and a branch that did arrive is found';
const remedies: Readonly<Partial<Record<string, string>>> = {
  unavailable: again,
  denied: "Allow the hub's account to write to this repository, or make the change by hand",
  'not-found': "Check the URL, and that the hub's account may write to the repository",
};
const longestWords = 400;

/** A push that didn't get as far as the branch: no connection, no credentials, no right. */
export function parsePushFailure(url: string, output: string): AppError | DamagedCopy {
  // What git says of the connection after a refusal explains nothing.
  const status = /RPC failed; HTTP (\d{3})/u.exec(output)?.[1];
  const isUnknown = /could not read (username|password)|authentication failed/iu.test(output);
  const told = isUnknown ? '401' : status;
  const text = told === undefined ? output : `fatal: the server answered with error: ${told}`;
  const failure = parseGitFailure(url, text);
  if (failure instanceof DamagedCopy) return failure;
  const remedy = remedies[failure.code] ?? failure.remedy;
  const message = failure.message.replace("it can't be fetched", "it can't be pushed to");
  return new AppError(failure.code, message, {
    subject: url,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** Reasons that say that somebody else was faster, or that a name is taken. */
const overtaken =
  /stale info|fetch first|non-fast-forward|already exists|failed to update ref|cannot lock|failed to lock|old value/iu;

/** A branch that the Git server refused, with its reason and what it said besides (hooks explain themselves there). */
export function rejectedPush(url: string, branch: string, reason: string, said: string): AppError {
  const words = stripCredentials(said)
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim();
  const more = words === '' ? '' : `; it says: ${words.slice(0, longestWords)}`;
  if (overtaken.test(reason)) {
    return new AppError('conflict', `branch ${branch} can't be set (${reason})${more}`, {
      subject: url,
      remedy: `Ask again; if it stays so, delete the branch ${branch}, or the one that its name begins with`,
    });
  }
  return new AppError('denied', `the Git server refuses branch ${branch} (${reason})${more}`, {
    subject: url,
    remedy: `Let the hub's account push branches such as ${branch} (branch protection, push rules, hooks), or make the change by hand`,
  });
}
