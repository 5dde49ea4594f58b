import type { Source } from '../catalog/documents.ts';
import { primarySource } from '../catalog/primary-source.ts';
import type { ApplicationRecord, SourceCommit, SourceRecord } from '../ports.ts';
import { addressOf } from './source-address.ts';
import type { SourceAt } from './source-reader.ts';

/** What a record says of an application's sources, apart from their commits. */
export function describeSources(
  sources: readonly Source[],
): Pick<ApplicationRecord, 'repoURL' | 'chart' | 'targetRevision' | 'path' | 'sources'> {
  const primary = primarySource(sources);
  const { repoURL, targetRevision } = primary;
  const path = primary.type === 'ref' ? '' : primary.path;
  return {
    repoURL,
    ...chartOf(primary),
    targetRevision,
    path,
    ...(sources.length > 1 ? { sources: sources.map(recordOf) } : {}),
  };
}

function recordOf(source: Source): SourceRecord {
  const { name, ref, repoURL, targetRevision } = source;
  return {
    ...(name === undefined ? {} : { name }),
    ...(ref === undefined ? {} : { ref }),
    repoURL,
    ...chartOf(source),
    targetRevision,
    ...(source.type === 'ref' ? {} : { path: source.path }),
  };
}

/** The commits that an application's sources were read at: the primary one's, and all of them where there are several or one names a range. */
export function commitsOf(sources: readonly SourceAt[]): Pick<ApplicationRecord, 'sourceCommits'> & {
  readonly commit: SourceAt['commit'];
} {
  const primary = primarySource(sources.map(({ source }) => source));
  const at = sources.find(({ source }) => source === primary);
  if (at === undefined) throw new Error('an application has a source');
  if (sources.length === 1 && at.resolved === undefined) return { commit: at.commit };
  const commits = new Map<string, SourceCommit>();
  for (const { source, commit, resolved } of sources) {
    const { repoURL, targetRevision } = source;
    const { url, revision } = addressOf(source);
    const found = { repoURL, ...chartOf(source), targetRevision, commit };
    commits.set(`${url}\n${revision}`, { ...found, ...(resolved === undefined ? {} : { resolved }) });
  }
  return { commit: at.commit, sourceCommits: [...commits.values()] };
}

function chartOf(source: Source): { readonly chart?: string } {
  return source.type === 'chart' && source.chart !== undefined ? { chart: source.chart } : {};
}
