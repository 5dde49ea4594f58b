/**
 * A path inside a repository without `.` segments and double slashes, '' for the root; `undefined` where it is
 * absolute or leaves the root or could, by `..`.
 */
export function repositoryPath(path: string): string | undefined {
  if (path.startsWith('/') || path.includes('\\') || path.includes('\0')) return undefined;
  const segments = path.split('/').filter((segment) => segment !== '' && segment !== '.');
  return segments.includes('..') ? undefined : segments.join('/');
}

/** Whether a path is a folder or below it; '' holds everything. */
export function isBelow(path: string, folder: string): boolean {
  return folder === '' || path === folder || path.startsWith(`${folder}/`);
}
