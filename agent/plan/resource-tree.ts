import { type Health, healthOrder } from '../../core/health.ts';
import type { TreeNode } from '../../core/live-view.ts';
import { formatRef, type ObjectRef } from '../../core/object-ref.ts';
import type { ChildRecord } from './child-record.ts';

/** One object of an application, as its agent knows it without asking. */
export interface RootObject {
  readonly ref: ObjectRef;
  readonly presence: TreeNode['presence'];
  /** Absent where it is not there, or was not seen yet. */
  readonly uid?: string;
  readonly health?: Health;
  /** Another application whose mark is on it. */
  readonly ownedBy?: string;
}

export interface TreeLimits {
  readonly nodes: number;
  readonly childrenOfOne: number;
  /** Whether old revisions without pods are shown. */
  readonly idle: 'shown' | 'counted';
}

/** What the cluster has below the application's objects, by owner references: children of each uid. */
export interface Descent {
  readonly roots: readonly RootObject[];
  readonly children: ReadonlyMap<string, readonly ChildRecord[]>;
}

/**
 * Who made what, whatever the order of the facts. An object of the application stands at its own place only, and each
 * object stands once, below its controller where it has several owners.
 */
export function descentOf(roots: readonly RootObject[], records: readonly ChildRecord[]): Descent {
  const own = new Set(roots.map(({ ref }) => formatRef(ref)));
  const present = new Set([
    ...roots.flatMap(({ uid, ownedBy }) => (uid === undefined || ownedBy !== undefined ? [] : [uid])),
    ...records.map(({ uid }) => uid),
  ]);
  const children = new Map<string, ChildRecord[]>();
  for (const record of records) {
    if (own.has(formatRef(record.ref))) continue;
    const owner = record.owners.find((uid) => present.has(uid) && uid !== record.uid);
    if (owner === undefined) continue;
    const siblings = children.get(owner);
    if (siblings === undefined) children.set(owner, [record]);
    else siblings.push(record);
  }
  return { roots: roots.toSorted((left, right) => byName(left.ref, right.ref)), children };
}

/** Everything below some uids, those included; the order is that of discovery. */
export function descendants(descent: Descent, uids: readonly string[]): readonly ChildRecord[] {
  const seen = new Set(uids);
  const found: ChildRecord[] = [];
  const waiting = [...uids];
  for (let uid = waiting.pop(); uid !== undefined; uid = waiting.pop()) {
    for (const child of descent.children.get(uid) ?? []) {
      if (seen.has(child.uid)) continue;
      seen.add(child.uid);
      found.push(child);
      waiting.push(child.uid);
    }
  }
  return found;
}

/** The nodes of a tree, depth first, as many as the limits allow; what is left out is counted where it stands. */
export function buildTree(
  descent: Descent,
  limits: TreeLimits,
): { readonly nodes: readonly TreeNode[]; readonly more: number } {
  const nodes: TreeNode[] = [];
  const shown = new Set(descent.roots.flatMap(({ uid }) => uid ?? []));
  function add(record: ChildRecord, depth: number): void {
    shown.add(record.uid);
    const place = nodes.length;
    nodes.push(nodeOf(record, depth));
    nodes[place] = { ...nodeOf(record, depth), ...addChildren(record.uid, depth) };
  }
  function addChildren(uid: string, depth: number): Pick<TreeNode, 'more' | 'idle'> {
    const children = (descent.children.get(uid) ?? []).filter((child) => !shown.has(child.uid));
    const wanted = children.filter((child) => limits.idle === 'shown' || !child.isIdle).toSorted(worstFirst);
    let added = 0;
    for (const child of wanted) {
      // Below its sibling meanwhile, where the references go in a circle.
      if (shown.has(child.uid)) continue;
      if (added >= limits.childrenOfOne || nodes.length >= limits.nodes) break;
      add(child, depth + 1);
      added += 1;
    }
    const more = wanted.filter((child) => !shown.has(child.uid)).length;
    const idle = children.length - wanted.length;
    return { ...(more === 0 ? {} : { more }), ...(idle === 0 ? {} : { idle }) };
  }
  let rootsShown = 0;
  for (const root of descent.roots) {
    if (nodes.length >= limits.nodes) break;
    rootsShown += 1;
    const { uid, ...rest } = root;
    const place = nodes.length;
    nodes.push({ ...rest, depth: 0 });
    if (uid === undefined || root.ownedBy !== undefined) continue;
    nodes[place] = { ...rest, depth: 0, ...addChildren(uid, 0) };
  }
  return { nodes, more: descent.roots.length - rootsShown };
}

function nodeOf(
  { uid: _uid, owners: _owners, isIdle: _idle, ...shown }: ChildRecord,
  depth: number,
): TreeNode {
  return { ...shown, depth, presence: 'live' };
}

/** What needs a look before what doesn't; the newest revision first, then by name. */
function worstFirst(left: ChildRecord, right: ChildRecord): number {
  return (
    Number(left.isIdle) - Number(right.isIdle) ||
    badness(right) - badness(left) ||
    compare(left.ref.kind, right.ref.kind) ||
    (left.ref.kind === 'Pod' ? 0 : compare(right.createdAt, left.createdAt)) ||
    byName(left.ref, right.ref)
  );
}

function badness({ health }: ChildRecord): number {
  return health === undefined ? 0 : healthOrder.indexOf(health.status);
}

function byName(left: ObjectRef, right: ObjectRef): number {
  return (
    compare(left.namespace, right.namespace) ||
    compare(left.kind, right.kind) ||
    compare(left.name, right.name)
  );
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}
