import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AppError } from '../../core/error.ts';
import type { Credential, SecretSource } from '../credentials/credential.ts';

export interface SecretSurroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/**
 * A secret's text, without white space around it. Relative files are those of the list's folder. Throws AppError
 * `not-found` or `invalid` naming the entry and where its secret should stand.
 */
export async function readSecret(
  { environment }: SecretSurroundings,
  credential: Credential,
  field: string,
  source: SecretSource,
): Promise<string> {
  if (source.type === 'text') return source.text;
  const subject = `${credential.place} (${credential.name})`;
  const text =
    source.type === 'variable'
      ? environment[source.name]
      : await readText(subject, field, fileOf(credential, source.path));
  if (text === undefined) {
    throw new AppError(
      'not-found',
      `the environment variable ${source.type === 'variable' ? source.name : ''} of its ${field} isn't set`,
      {
        subject,
        remedy: 'Set it for the hub and start it anew, or name a file',
      },
    );
  }
  const trimmed = text.trim();
  if (trimmed !== '') return trimmed;
  const where =
    source.type === 'file' ? `the file ${source.path}` : `the environment variable ${source.name}`;
  throw new AppError('invalid', `${where} of its ${field} is empty`, {
    subject,
    remedy: 'Put the secret there, alone',
  });
}

function fileOf({ place }: Credential, path: string): string {
  // A place is FILE:LINE, so its folder is the file's.
  return resolve(place, '..', path);
}

async function readText(subject: string, field: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new AppError(
      'not-found',
      `the file of its ${field} can't be read: ${AppError.from(error).message}`,
      {
        subject,
        remedy: "Name a file that the hub may read, absolute or relative to the list's folder",
        cause: error,
      },
    );
  }
}
