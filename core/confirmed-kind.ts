import { formatGroupKind, type ObjectRef } from './object-ref.ts';

const confirmedKinds: ReadonlySet<string> = new Set([
  '/Namespace',
  'apiextensions.k8s.io/CustomResourceDefinition',
  '/PersistentVolume',
  '/PersistentVolumeClaim',
  'storage.k8s.io/StorageClass',
]);

/** Whether objects of this kind are never deleted unasked: they hold data or objects of others. */
export function isConfirmedKind(ref: Pick<ObjectRef, 'group' | 'kind'>): boolean {
  return confirmedKinds.has(formatGroupKind(ref));
}
