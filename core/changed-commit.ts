import type { Commit } from './commit.ts';

/** What a desired state was made from, as far as its history tells. */
interface MadeFrom {
  /** Of the source that stands for the application. */
  readonly commit: Commit;
  /** Of all sources, where that one doesn't tell all. */
  readonly sources?: readonly { readonly commit: Commit }[];
}

/** The commit that a desired state is there for: one that the state before it, `older`, was not made from. */
export function changedCommit({ commit, sources = [] }: MadeFrom, older: MadeFrom | undefined): Commit {
  const before = new Set(
    [older?.commit, ...(older?.sources ?? []).map((each) => each.commit)].map((each) => each?.id),
  );
  if (older === undefined || !before.has(commit.id)) return commit;
  return sources.find((each) => !before.has(each.commit.id))?.commit ?? commit;
}
