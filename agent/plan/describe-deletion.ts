import { isJsonArray, jsonAt, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { displayRef, type ObjectRef } from '../../core/object-ref.ts';

/** The garbage collector's own: it takes them off by itself. */
const collectors: ReadonlySet<string> = new Set(['foregroundDeletion', 'orphan']);

/** What a Namespace says about what it waits for. */
const namespaceConditions: ReadonlySet<string> = new Set([
  'NamespaceDeletionDiscoveryFailure',
  'NamespaceDeletionContentFailure',
  'NamespaceDeletionGroupVersionParsingFailure',
  'NamespaceContentRemaining',
  'NamespaceFinalizersRemaining',
]);

/**
 * What keeps an object that is being deleted: its finalizers by name, and a namespace's own conditions. `undefined`
 * where nothing does but the time that it takes. Finalizers are never stripped: somebody's clean-up hangs on each.
 */
export function describeDeletion(live: KubeObject, ref: ObjectRef): string | undefined {
  const { deletionTimestamp, finalizers = [] } = live.metadata;
  if (deletionTimestamp === undefined) return undefined;
  const names = finalizers.filter((name) => !collectors.has(name));
  const conditions = conditionsOf(live, ref);
  if (names.length === 0 && conditions.length === 0) return undefined;
  const held =
    names.length === 0
      ? ''
      : ` and waits for its finalizer${names.length === 1 ? '' : 's'} ${names.join(', ')}`;
  const said = conditions.length === 0 ? '' : `: ${conditions.join('; ')}`;
  return `${displayRef(ref)} is being deleted since ${deletionTimestamp}${held}${said}`;
}

function conditionsOf(live: KubeObject, ref: ObjectRef): readonly string[] {
  const conditions = jsonAt(live, 'status', 'conditions');
  if (ref.kind !== 'Namespace' || ref.group !== '' || !isJsonArray(conditions)) return [];
  return conditions.flatMap((condition) => {
    const type = stringAt(condition, 'type') ?? '';
    if (!namespaceConditions.has(type) || stringAt(condition, 'status') !== 'True') return [];
    return [`${type}: ${stringAt(condition, 'message') ?? ''}`];
  });
}
