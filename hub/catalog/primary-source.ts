import type { Source } from './documents.ts';

/** The source that stands for an application where there is room for one: the first that something is rendered from. */
export function primarySource(sources: readonly Source[]): Source {
  const [first] = sources;
  if (first === undefined) throw new Error('an application has a source');
  return sources.find(({ type }) => type !== 'ref') ?? first;
}
