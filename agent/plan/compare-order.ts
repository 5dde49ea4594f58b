import type { Json } from '../../core/json.ts';
import type { Difference } from './explain-field.ts';
import type { PathStep } from './fields-v1.ts';
import { formatKeys } from './format-path.ts';

/** An item of a keyed list, or a member of a set, that both sides have, with its place in each. */
export interface CommonItem {
  readonly step: Exclude<PathStep, { type: 'field' }>;
  readonly live: number;
  readonly desired: number;
}

/** The one difference where items that both sides have stand in another order: names of the items, none of their contents. */
export function compareOrder(path: readonly PathStep[], items: readonly CommonItem[]): readonly Difference[] {
  const desired = items.toSorted((left, right) => left.desired - right.desired);
  const live = items.toSorted((left, right) => left.live - right.live);
  if (desired.every((item, index) => item === live[index])) return [];
  return [{ path, desired: desired.map(nameOf), live: live.map(nameOf), cause: 'reordered' }];
}

/** The value of the key where there is one, as in `web`; `port=53,protocol=UDP` else. */
function nameOf({ step }: CommonItem): Json {
  if (step.type === 'value') return step.value;
  const [only, ...others] = Object.values(step.keys);
  return others.length === 0 && only !== undefined ? only : formatKeys(step.keys);
}
