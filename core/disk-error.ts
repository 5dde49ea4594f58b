import { AppError } from './error.ts';

/**
 * Why something can't be kept on disk, as an AppError `unavailable` with the file as subject. `consequence` is a sentence
 * on what holds until it can.
 */
export function diskError(caught: unknown, file: string, consequence: string): AppError {
  if (caught instanceof AppError) return caught;
  const code = (caught as { readonly code?: unknown } | null)?.code;
  const known = causes.find(([codes]) => codes.includes(String(code)));
  const message = known?.[1] ?? (caught instanceof Error ? caught.message : String(caught));
  const remedy = `${known?.[2] ?? 'See that the folder is there and can be written'}. ${consequence}`;
  return new AppError('unavailable', message, { subject: file, remedy, cause: caught });
}

const causes: readonly (readonly [readonly string[], string, string])[] = [
  [['ENOSPC', 'EDQUOT'], 'the disk is full', 'Free space on it'],
  [['EACCES', 'EPERM', 'EROFS'], 'this process may not write here', 'Give it write access to the folder'],
  [['EFBIG'], 'a limit on the size of files stands in the way', 'Raise the limit of this process'],
  [['ENOTDIR', 'EEXIST'], 'a file is where a folder should be', 'Move it away, or name another folder'],
  [['EMFILE', 'ENFILE'], 'too many files are open', "Raise the process's limit of open files"],
];
