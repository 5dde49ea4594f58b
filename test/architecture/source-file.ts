import { posix } from 'node:path';
import { blank } from './blank.ts';

export interface Import {
  /** As written. */
  readonly specifier: string;
  /** Path from the top of the repository; `undefined` for a package or a module of Node. */
  readonly path: string | undefined;
  /** `types` disappears when the code runs, `lazy` is an `import()`. */
  readonly kind: 'value' | 'types' | 'lazy';
  readonly line: number;
}

export interface SourceFile {
  readonly path: string;
  /** Code only: see {@link blank}. */
  readonly bare: string;
  readonly firstComment: string;
  readonly lines: number;
  readonly imports: readonly Import[];
}

/** Ways to depend on a file. Specifiers are blank in bare code: they are known by their place and read from the source. */
const PATTERNS: readonly {
  readonly pattern: RegExp;
  readonly kind: 'value' | 'lazy';
  readonly ending?: string;
}[] = [
  {
    pattern: /^[ \t]*(?:import|export)\b(?<names>[\w$*\s,{}]+?)\bfrom\s*['"](?<at> *)['"]/dgm,
    kind: 'value',
  },
  { pattern: /^[ \t]*import\s*['"](?<at> *)['"]/dgm, kind: 'value' },
  { pattern: /\bimport\s*\(\s*['"](?<at> *)['"]/dg, kind: 'lazy' },
  // A worker's file is named by a URL; other URLs name data.
  { pattern: /\bnew\s+URL\s*\(\s*['"](?<at> *)['"]\s*,\s*import\.meta\.url/dg, kind: 'value', ending: '.ts' },
];

/** Reads what the rules need of a file. */
export function scanSource(path: string, source: string): SourceFile {
  const { bare, firstComment } = blank(source);
  const lines = source.split('\n').length - (source.endsWith('\n') ? 1 : 0);
  const imports = PATTERNS.flatMap(({ pattern, kind, ending = '' }) =>
    [...bare.matchAll(pattern)].flatMap((match) => {
      const [start, end] = match.indices?.groups?.at ?? [0, 0];
      const specifier = source.slice(start, end);
      if (!specifier.endsWith(ending)) return [];
      return {
        specifier,
        path: specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined,
        kind: isTypesOnly(match.groups?.names ?? '') ? ('types' as const) : kind,
        line: bare.slice(0, start).split('\n').length,
      };
    }),
  );
  return { path, bare, firstComment, lines, imports };
}

/** `type { … }`, or braces in which each name is marked as a type. */
function isTypesOnly(names: string): boolean {
  if (/^\s*type\b(?!\s*,)/.test(names)) return true;
  const inBraces = names.match(/^\s*\{([^}]*)\}\s*$/)?.[1] ?? '';
  const each = inBraces.split(',').filter((name) => name.trim() !== '');
  return each.length > 0 && each.every((name) => /^\s*type\s/.test(name));
}
