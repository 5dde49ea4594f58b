import type { SourceTree } from './ports.ts';

/**
 * A tree as it would be read after a merge, but with everything below the protected path as the base has it: a pull
 * request is judged by the rules that hold before it. `protectedPrefix` ends with a slash.
 */
export function withRulesOf(base: SourceTree, head: SourceTree, protectedPrefix: string): SourceTree {
  const isRule = (path: string): boolean => path.startsWith(protectedPrefix);
  const tree = new Map([
    ...[...head.tree].filter(([path]) => !isRule(path)),
    ...[...base.tree].filter(([path]) => isRule(path)),
  ]);
  const ofBase = new Set([...base.tree.values()].map(({ oid }) => oid));
  return {
    tree,
    async read(oids) {
      const [inBase, inHead] = await Promise.all([
        base.read(oids.filter((oid) => ofBase.has(oid))),
        head.read(oids.filter((oid) => !ofBase.has(oid))),
      ]);
      return new Map([...inBase, ...inHead]);
    },
  };
}
