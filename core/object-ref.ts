/**
 * What makes an object the same object: group, kind, namespace and name. The version is deliberately not part of it:
 * one object is served at several versions. Cluster-scoped objects have the namespace ''.
 */
export interface ObjectRef {
  readonly group: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

/**
 * The one spelling of an identity, used in logs, storage keys, on the wire and in the tracking annotation:
 * `group/Kind:namespace/name` (Argo CD's form), such as `apps/Deployment:payments/web` or `/Namespace:/payments`.
 */
export function formatRef(ref: ObjectRef): string {
  return `${ref.group}/${ref.kind}:${ref.namespace}/${ref.name}`;
}

const refPattern = /^([^/:]*)\/([^/:]+):([^/]*)\/(.+)$/;

/** Reads what `formatRef` wrote; `undefined` where it isn't one. */
export function parseRef(text: string): ObjectRef | undefined {
  const match = refPattern.exec(text);
  if (match === null) return undefined;
  const [, group = '', kind = '', namespace = '', name = ''] = match;
  return { group, kind, namespace, name };
}

/** For people: `Deployment payments/web`, `Namespace payments`. */
export function displayRef(ref: ObjectRef): string {
  return ref.namespace === '' ? `${ref.kind} ${ref.name}` : `${ref.kind} ${ref.namespace}/${ref.name}`;
}

/** The group of an `apiVersion`: `apps/v1` → `apps`, `v1` → ''. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

/** Group and kind as one key: `apps/Deployment`, `/ConfigMap`. */
export function formatGroupKind(ref: Pick<ObjectRef, 'group' | 'kind'>): string {
  return `${ref.group}/${ref.kind}`;
}
