import { expect, test } from 'vitest';
import { changedCommit } from '../../core/changed-commit.ts';

const commit = (id: string) => ({ id, author: 'Ada', committedAt: '2026-11-03T12:00:00Z', subject: id });
const made = (first: string, ...others: readonly string[]) => ({
  commit: commit(first),
  ...(others.length === 0 ? {} : { sources: [first, ...others].map((id) => ({ commit: commit(id) })) }),
});

test.each([
  ['of the first state the commit itself', made('a', 'b'), undefined, 'a'],
  ['of one source its commit', made('b'), made('a'), 'b'],
  ['of several the one that is new', made('a', 'b2'), made('a', 'b1'), 'b2'],
  ['the first of several that are new', made('a2', 'b2'), made('a1', 'b1'), 'a2'],
  ['the commit itself where none is new', made('a', 'b'), made('a', 'b'), 'a'],
  ['a source that was added', made('a', 'b'), made('a'), 'b'],
])('a state is there for %s', (_what, entry, older, id) => {
  expect(changedCommit(entry, older).id).toBe(id);
});
