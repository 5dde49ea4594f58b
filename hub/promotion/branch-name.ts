import { digest } from '../../core/digest.ts';

/** Characters that a branch's name can hold anywhere. */
const unusual = /[^a-z0-9-]+/gu;

/**
 * The branch of a promotion, named by what it is and by the digest of what it writes: asking twice gives the same
 * branch, another content another one.
 */
export function promotionBranch(
  name: string,
  to: string,
  changes: ReadonlyMap<string, Uint8Array | undefined>,
): string {
  const contents = [...changes].map(
    ([path, content]) => `${path}\n${content === undefined ? 'gone' : digest(content)}`,
  );
  const id = digest(contents.sort().join('\n'))
    .replace(/^[^:]*:/u, '')
    .slice(0, 8);
  const words = `${name}-${to}`
    .toLowerCase()
    .replaceAll(unusual, '-')
    .replaceAll(/-{2,}/gu, '-')
    .slice(0, 80);
  return `fairlead/promote-${words}-${id}`.replaceAll(/-{2,}/gu, '-');
}

/**
 * The branch of a rollback, named by what it goes back to: asking twice gives the same branch. No two applications share
 * a name: theirs hold no underscore, and Argo CD's own namespace, where most are, goes without saying.
 */
export function rollbackBranch(application: string, target: string): string {
  const name = application
    .replace(/^argocd\//u, '')
    .replace('/', '_')
    .replaceAll(/[^a-z0-9._-]+/gu, '-');
  return `fairlead/rollback-${name}-${target.slice(0, 7)}`;
}
