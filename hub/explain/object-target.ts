import type { ObjectRef } from '../../core/object-ref.ts';

/** What a person named an object by; absent parts may be anything. */
export interface ObjectTarget {
  readonly cluster?: string;
  /** In lower case: people write `deployment/web` as kubectl does. */
  readonly kind: string;
  /** Of the kind, in lower case, where `Kind.group` was written. */
  readonly group?: string;
  readonly namespace?: string;
  readonly name: string;
}

/**
 * What a text may mean as an object, most likely first: `Kind/name`, `Kind/namespace/name`, `cluster/Kind/name`,
 * `cluster/Kind/namespace/name`, with `Kind.group` where two groups have the kind. Empty where it can't be one.
 */
export function parseObjectTarget(text: string): readonly ObjectTarget[] {
  const parts = text.split('/');
  if (parts.some((part) => part === '')) return [];
  const [first = '', second = '', third = '', fourth = ''] = parts;
  switch (parts.length) {
    case 2:
      return [{ ...kindOf(first), name: second }];
    case 3:
      return [
        { ...kindOf(first), namespace: second, name: third },
        { cluster: first, ...kindOf(second), name: third },
      ];
    case 4:
      return [{ cluster: first, ...kindOf(second), namespace: third, name: fourth }];
    default:
      return [];
  }
}

function kindOf(text: string): Pick<ObjectTarget, 'kind' | 'group'> {
  const dot = text.indexOf('.');
  if (dot < 0) return { kind: text.toLowerCase() };
  return { kind: text.slice(0, dot).toLowerCase(), group: text.slice(dot + 1).toLowerCase() };
}

export function matchesTarget(ref: ObjectRef, cluster: string, target: ObjectTarget): boolean {
  if (ref.name !== target.name || ref.kind.toLowerCase() !== target.kind) return false;
  if (target.group !== undefined && ref.group !== target.group) return false;
  if (target.namespace !== undefined && ref.namespace !== target.namespace) return false;
  return target.cluster === undefined || cluster === target.cluster;
}

/** One object whole, as it can be named again: `prod/Deployment.apps/shop/web`. */
export function formatTarget(ref: ObjectRef, cluster: string): string {
  const kind = ref.group === '' ? ref.kind : `${ref.kind}.${ref.group}`;
  return [cluster, kind, ref.namespace, ref.name].filter((part) => part !== '').join('/');
}
