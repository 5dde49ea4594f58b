import type { Commit } from '../../core/commit.ts';
import type { HistoryEntry } from './history.ts';
import { code, describeCommit, plain } from './markdown.ts';
import type { KeptFile } from './plan-rollback.ts';

/** What a rollback does, and how far it goes. */
export interface RollbackNews {
  readonly application: string;
  readonly name: string;
  /** '' where the cluster is in none. */
  readonly environment: string;
  readonly cluster: string;
  readonly target: HistoryEntry;
  readonly undone: readonly HistoryEntry[];
  readonly kept: readonly KeptFile[];
  /** What else differs from then, and stays: sentences. */
  readonly notes: readonly string[];
  /** Whether rendering the result gives exactly the objects of that time. */
  readonly isExact: boolean;
}

const mostCommits = 20;
const mostFiles = 20;

/** The subject of the commit and the title of the pull request. */
export function rollbackTitle({ name, target }: RollbackNews): string {
  return `Roll back ${plain(name)} to ${target.commit.id.slice(0, 7)}`;
}

/** Markdown that also reads well in `git log`. */
export function rollbackText(news: RollbackNews): string {
  const { name, cluster, environment, target, kept, notes, isExact } = news;
  const where = environment === '' || environment === cluster ? cluster : `${cluster} (${environment})`;
  const since = target.firstAppliedAt ?? target.decidedAt;
  const commits = undoneCommits(news);
  const more = commits.length > mostCommits ? [`- and ${commits.length - mostCommits} more`] : [];
  return [
    `${plain(name)} on ${plain(where)} goes back to what it ran from ${since}:\n${describeCommit(target.commit)}.`,
    commits.length === 0
      ? ''
      : [
          'Taken back, for the files of this application only:',
          ...commits.slice(0, mostCommits).map((commit) => `- ${describeCommit(commit)}`),
          ...more,
        ].join('\n'),
    describeKept(kept),
    ...notes.map((note) => `Note: ${note}.`),
    isExact
      ? 'Rendered, the result is exactly what was applied then.'
      : `Rendered, the result is not exactly what was applied then: ${whyNot(news)}.`,
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** Commits that are taken back, each once, newest first: the fleet repository's where only the document has changed. */
export function undoneCommits({
  undone,
  target,
}: Pick<RollbackNews, 'undone' | 'target'>): readonly Commit[] {
  const commits = new Map(
    undone.map(({ commit, fleetCommit }) => {
      const told = commit.id === target.commit.id ? fleetCommit : commit;
      return [told.id, told];
    }),
  );
  commits.delete(target.commit.id);
  commits.delete(target.fleetCommit.id);
  return [...commits.values()];
}

/** One sentence on files that stay, '' where there are none. */
export function describeKept(kept: readonly KeptFile[]): string {
  if (kept.length === 0) return '';
  const files = kept
    .slice(0, mostFiles)
    .map(
      ({ path, applications }) => `- ${code(path)}, with ${applications.slice(0, 5).map(plain).join(', ')}`,
    );
  const more = kept.length > mostFiles ? [`- and ${kept.length - mostFiles} more`] : [];
  return ['Left as they are, since other applications share them:', ...files, ...more].join('\n');
}

function whyNot({ kept, notes }: RollbackNews): string {
  if (kept.length > 0) return 'files that it shares with others changed since and stay';
  if (notes.length > 0) return 'what the note says changed since';
  return 'the rendering tool, the Kubernetes version of its cluster, its namespace or what it generates changed since';
}
