import { useState } from 'react';

export interface SteadyRow<T> {
  readonly item: T;
  /** It isn't among what was read last any more: shown as it was, until the reader asks. */
  readonly gone: boolean;
}

export interface Steady<T> {
  readonly rows: readonly SteadyRow<T>[];
  /** What would move: new ones, and those that have another place now, or none. */
  readonly waiting: { readonly added: number; readonly moved: number; readonly gone: number };
  /** Shows them in their new order. */
  accept(): void;
}

/**
 * Rows that stay where they are while somebody reads: what is known of each changes in its place, new ones and a new
 * order wait until they are asked for. `scope` names what is listed; another scope begins anew, and so does more of the
 * same list, where what was shown is how it begins. It is `undefined` while the rows are still those of the scope before.
 */
export function useSteady<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
  scopeNow: string | undefined,
): Steady<T> {
  const [shown, setShown] = useState<Shown<T>>({ scope: '', rows: new Map() });
  const scope = scopeNow ?? shown.scope;
  const now = new Map(items.map((item) => [keyOf(item), item]));
  const keys = [...now.keys()];
  const begun = shown.scope === scope && shown.rows.size > 0;
  const start = { scope, rows: now };
  const current = begun && !startsWith(keys, [...shown.rows.keys()]) ? merge(shown, now) : start;
  if (!sameRows(current, shown)) setShown(current);
  const rows = [...current.rows].map(([key, item]) => ({ item, gone: !now.has(key) }));
  return { rows, waiting: differences([...current.rows.keys()], keys), accept: () => setShown(start) };
}

interface Shown<T> {
  readonly scope: string;
  /** In the order in which they stand. */
  readonly rows: ReadonlyMap<string, T>;
}

function merge<T>(shown: Shown<T>, now: ReadonlyMap<string, T>): Shown<T> {
  return { ...shown, rows: new Map([...shown.rows].map(([key, item]) => [key, now.get(key) ?? item])) };
}

function sameRows<T>(left: Shown<T>, right: Shown<T>): boolean {
  if (left.scope !== right.scope || left.rows.size !== right.rows.size) return false;
  const [one, other] = [[...left.rows], [...right.rows]];
  return one.every(([key, item], index) => other[index]?.[0] === key && other[index][1] === item);
}

function startsWith(keys: readonly string[], beginning: readonly string[]): boolean {
  return beginning.every((key, index) => keys[index] === key);
}

function differences(shown: readonly string[], now: readonly string[]): Steady<unknown>['waiting'] {
  const [known, present] = [new Set(shown), new Set(now)];
  const kept = now.filter((key) => known.has(key));
  const before = shown.filter((key) => present.has(key));
  return {
    added: now.length - kept.length,
    moved: kept.filter((key, index) => before[index] !== key).length,
    gone: shown.length - before.length,
  };
}
