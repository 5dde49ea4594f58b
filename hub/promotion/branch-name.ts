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
