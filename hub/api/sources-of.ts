import type { ApplicationRecord } from '../ports.ts';
import type { ApplicationSourceSchema } from './schemas/application.ts';
import type { Value } from './schemas/schema.ts';

/** All sources of an application, each with the commit that is desired of it. */
export function sourcesOf({
  repoURL,
  chart,
  targetRevision,
  path,
  commit,
  sources = [{ repoURL, ...(chart === undefined ? {} : { chart }), targetRevision, path }],
  sourceCommits = commit === undefined
    ? []
    : [{ repoURL, ...(chart === undefined ? {} : { chart }), targetRevision, commit }],
}: ApplicationRecord): Value<typeof ApplicationSourceSchema>[] {
  return sources.map((source) => {
    const at = sourceCommits.find(
      (each) =>
        each.repoURL === source.repoURL &&
        each.chart === source.chart &&
        each.targetRevision === source.targetRevision,
    );
    const { commit: found, resolved } = at ?? {};
    return {
      ...source,
      ...(found === undefined ? {} : { commit: found }),
      ...(resolved === undefined ? {} : { resolved }),
    };
  });
}
