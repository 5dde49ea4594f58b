import { displayRef } from './object-ref.ts';
import { changesNothing, type DiffChange } from './operation.ts';
import { partOfLabel, trackingAnnotation } from './tracking.ts';

/**
 * What a reader should know of a comparison beyond the objects that differ, sentence by sentence: that it is of a first
 * sync and what that takes over, takes away, marks and runs; that it is approximate.
 */
export function describePreview(changes: readonly DiffChange[]): readonly string[] {
  return [...firstSync(changes), ...hooks(changes), ...approximation(changes)];
}

function firstSync(changes: readonly DiffChange[]): readonly string[] {
  const taken = changes.filter(({ takesOver }) => takesOver !== undefined);
  if (taken.length === 0) return [];
  const from = [...new Set(taken.flatMap(({ takesOver = [] }) => takesOver))].sort();
  const leftovers = taken.flatMap(({ fields }) => fields.filter(({ part }) => part === 'leftover'));
  const marked = taken.filter(changesNothing).length;
  const source = from.length === 0 ? '' : `, taken over from ${from.join(', ')}`;
  return [
    `A preview of the first sync: ${count(taken.length, 'object')} would become Fairlead's${source}. ` +
      `Each gets the label ${partOfLabel} and the annotation ${trackingAnnotation}.`,
    ...(marked === 0 ? [] : [`Nothing else changes of ${marked} of them: what runs is as Git says.`]),
    leftovers.length === 0
      ? 'No field goes that Git leaves out.'
      : `${count(leftovers.length, 'field')} of those who deployed before, not in Git, would go or fall back to the default.`,
    ...(changes.some(({ kind }) => kind === 'extra') ? [] : ['No object would be deleted.']),
  ];
}

function hooks(changes: readonly DiffChange[]): readonly string[] {
  const found = changes.flatMap(({ ref, hook }) =>
    hook === undefined ? [] : [`${displayRef(ref)} (${hook.join(', ')})`],
  );
  return found.length === 0 ? [] : [`A sync would run the hooks: ${found.join(', ')}.`];
}

function approximation(changes: readonly DiffChange[]): readonly string[] {
  const guessed = changes.filter(({ verdict }) => verdict === 'approximate').length;
  if (guessed === 0) return [];
  return [
    `Approximate for ${count(guessed, 'object')}: the agent may not ask the API server by a dry-run, so defaults, ` +
      'admission and refusals are not foreseen.',
  ];
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`;
}

/** What becomes of a field, where that isn't plain from its two sides; absent else. */
export function describePart({ part }: { readonly part?: 'mark' | 'leftover' }): string | undefined {
  if (part === 'mark') return "Fairlead's bookkeeping";
  return part === 'leftover'
    ? 'declared by who deployed it before, not by Git: goes, or back to its default'
    : undefined;
}
