import type { Digest } from '../core/digest.ts';
import type { SourceReads, Tree } from './ports.ts';
import type { Assignment } from './resolve/assignment.ts';

/** What the inputs of an application came to in an earlier pass, and what that was found out from. */
export interface Remembered {
  readonly assignment: Assignment;
  /** What the destination's agent had reported; '' before its first report. */
  readonly report: string;
  readonly reads: SourceReads;
  readonly renderKey: Digest;
  readonly inputs: Digest;
}

/**
 * What is remembered of an application, where nothing has changed that it was found out from. So a commit costs a few
 * looks for each application that it doesn't touch.
 */
export function recall(
  known: Remembered | undefined,
  { assignment, report }: Pick<Remembered, 'assignment' | 'report'>,
  tree: Tree,
): Remembered | undefined {
  if (known === undefined || known.assignment !== assignment || known.report !== report) return undefined;
  for (const [path, before] of known.reads) {
    const now = tree.get(path);
    if (now === before) continue;
    const isSame = now?.type === before?.type && (now?.oid === before?.oid || before?.oid === '');
    if (!isSame) return undefined;
  }
  return known;
}
