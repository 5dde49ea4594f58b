import type { Digest } from '../core/digest.ts';
import type { SourceReads, Tree } from './ports.ts';
import type { Assignment } from './resolve/assignment.ts';

/** What a render looked at in one source: its own, or one that its value files name. */
export interface ReadsOfSource {
  /** Its place among the application's sources. */
  readonly source: number;
  readonly reads: SourceReads;
}

/** What the inputs of an application came to in an earlier pass, and what that was found out from. */
export interface Remembered {
  readonly assignment: Assignment;
  /** What the destination's agent had reported; '' before its first report. */
  readonly report: string;
  readonly reads: readonly ReadsOfSource[];
  /** Commits that the renders depend on themselves; '' for none. */
  readonly commits: string;
  readonly renderKey: Digest;
  readonly inputs: Digest;
}

/**
 * What is remembered of an application, where nothing has changed that it was found out from. So a commit costs a few
 * looks for each application that it doesn't touch.
 */
export function recall(
  known: Remembered | undefined,
  { assignment, report, commits }: Pick<Remembered, 'assignment' | 'report' | 'commits'>,
  trees: readonly Tree[],
): Remembered | undefined {
  if (known === undefined || known.assignment !== assignment) return undefined;
  if (known.report !== report || known.commits !== commits) return undefined;
  return known.reads.every(({ source, reads }) => standsIn(trees[source], reads)) ? known : undefined;
}

function standsIn(tree: Tree | undefined, reads: SourceReads): boolean {
  if (tree === undefined) return false;
  for (const [path, before] of reads) {
    const now = tree.get(path);
    if (now === before) continue;
    const isSame = now?.type === before?.type && (now?.oid === before?.oid || before?.oid === '');
    if (!isSame) return false;
  }
  return true;
}
