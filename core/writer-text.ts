import type { Drift } from './drift.ts';

/** `alice@example.com with kubectl-edit`, or what is known of it: `kubectl (scale)`, `alice@example.com`. `undefined` where nothing is. */
export function writerText({ writer, person }: Pick<Drift, 'writer' | 'person'>): string | undefined {
  if (writer === undefined) return person;
  const tool = `${writer.manager}${writer.subresource === '' ? '' : ` (${writer.subresource})`}`;
  return person === undefined ? tool : `${person} with ${tool}`;
}
