import type { Tree } from './ports.ts';

/**
 * Paths whose entry is new, gone or another one. A folder with the same id is equal inside, so only the insides of folders
 * that differ are compared.
 */
export function changedPaths(before: Tree, after: Tree): readonly string[] {
  if (before === after) return [];
  const news = differences(after, before);
  const gone = differences(before, after).filter((path) => !after.has(path));
  return [...news, ...gone];
}

/** Paths of one tree that the other has not, or has otherwise. */
function differences(tree: Tree, other: Tree): readonly string[] {
  const paths: string[] = [];
  // What a folder holds follows it; where it doesn't, it is compared one by one.
  let equalFolder: string | undefined;
  for (const [path, entry] of tree) {
    if (equalFolder !== undefined && path.startsWith(equalFolder)) continue;
    const counterpart = other.get(path);
    const isEqual =
      counterpart === entry || (counterpart?.oid === entry.oid && counterpart.type === entry.type);
    if (!isEqual) paths.push(path);
    equalFolder = isEqual && entry.type === 'tree' ? (path === '' ? '' : `${path}/`) : undefined;
  }
  return paths;
}
