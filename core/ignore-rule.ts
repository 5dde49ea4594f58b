import { matchesGlob } from './glob.ts';
import type { ObjectRef } from './object-ref.ts';

/** One entry of Argo CD's `spec.ignoreDifferences`: fields of some objects that others may write. */
export interface IgnoreRule {
  /** Patterns, as `*`. '' is the core group. */
  readonly group: string;
  readonly kind: string;
  /** Absent: any. */
  readonly name?: string;
  readonly namespace?: string;
  /** RFC 6901. */
  readonly jsonPointers: readonly string[];
  /** Paths of jq, as `core/jq` reads them. */
  readonly jqPathExpressions: readonly string[];
  /** Whoever owns a field under one of these names may have it. */
  readonly managedFieldsManagers: readonly string[];
}

export function ignoresIn(rule: IgnoreRule, ref: ObjectRef): boolean {
  return (
    matchesGlob(rule.group, ref.group, 'name') &&
    matchesGlob(rule.kind, ref.kind, 'name') &&
    (rule.name === undefined || rule.name === ref.name) &&
    (rule.namespace === undefined || rule.namespace === ref.namespace)
  );
}

/** The steps of a JSON pointer; `undefined` for what isn't one, or means the whole object. */
export function parsePointer(text: string): readonly string[] | undefined {
  if (!text.startsWith('/') || text === '/' || /~(?![01])/.test(text)) return undefined;
  return text
    .slice(1)
    .split('/')
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}
