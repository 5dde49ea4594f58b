import type { Finding } from './finding.ts';
import type { SourceFile } from './source-file.ts';

/** Finds files that import each other in a circle, one finding per circle. Types count: a circle of them is one subject. */
export function checkCycles(files: readonly SourceFile[]): readonly Finding[] {
  const imports = new Map(
    files.map((file) => [file.path, file.imports.flatMap(({ path }) => (path === undefined ? [] : [path]))]),
  );
  const finished = new Set<string>();
  const findings: Finding[] = [];

  function visit(path: string, trail: readonly string[]): void {
    if (finished.has(path)) return;
    if (trail.includes(path)) {
      findings.push(cycle([...trail.slice(trail.indexOf(path)), path]));
      return;
    }
    for (const next of imports.get(path) ?? []) visit(next, [...trail, path]);
    finished.add(path);
  }

  for (const file of files) visit(file.path, []);
  return findings;
}

function cycle(trail: readonly string[]): Finding {
  return {
    file: trail[0] ?? '',
    what: `is part of a circle of imports: ${trail.join(' → ')}`,
    why: 'files in a circle can only be read, tested and loaded together',
    instead: 'move what both need to a third file, or pass it as a parameter',
  };
}
