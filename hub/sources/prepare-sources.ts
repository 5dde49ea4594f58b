import { type Digest, digest } from '../../core/digest.ts';
import type { Problem } from '../../core/problem.ts';
import type { ClusterCapabilities } from '../../core/session.ts';
import type { RenderedSource } from '../catalog/documents.ts';
import { atFields, fieldLocation } from '../catalog/field-location.ts';
import type { PreparedRender, RenderPort, SourceTree } from '../ports.ts';
import type { ReadsOfSource } from '../remembered.ts';
import type { Assignment } from '../resolve/assignment.ts';
import { buildEnvironment, fillTool, usesRevision } from '../resolve/build-environment.ts';
import type { SourceAt } from './source-reader.ts';

export type ReadyRender = Extract<PreparedRender, { type: 'ready' }>;

/** The render of one source, and where that stands in its document. */
export interface SourceRender {
  readonly field: string;
  readonly prepared: ReadyRender;
}

/** One render for each source of an application that something is rendered from. */
export type PreparedSources =
  | {
      readonly type: 'ready';
      /** Of all renders together. */
      readonly key: Digest;
      readonly renders: readonly SourceRender[];
      readonly reads: readonly ReadsOfSource[];
    }
  | { readonly type: 'problems'; readonly problems: readonly Problem[] };

/** What is needed of a source to render it, or others with its values. */
export type SourceFiles = Pick<SourceAt, 'source' | 'files'> & Partial<Pick<SourceAt, 'commit'>>;

/** In place of a commit that isn't known, as in a working directory. */
const unknownCommit = '0'.repeat(40);

/** Prepares the renders of an application's sources, in their order. */
export async function prepareSources(
  assignment: Assignment,
  sources: readonly SourceFiles[],
  capabilities: ClusterCapabilities | undefined,
  render: RenderPort,
): Promise<PreparedSources> {
  const refs = refsOf(sources);
  const renders: SourceRender[] = [];
  const reads: ReadsOfSource[] = [];
  const problems: Problem[] = [];
  for (const [index, { source, files, commit }] of sources.entries()) {
    if (source.type === 'ref') continue;
    const environment = buildEnvironment(
      assignment,
      source,
      commit?.version ?? commit?.id ?? unknownCommit,
      capabilities,
    );
    const tool = fillTool(source.tool, environment);
    const prepared = await prepareOne(assignment, { ...source, tool }, { files, refs, capabilities }, render);
    if (prepared.type === 'problems') {
      problems.push(...atFields(prepared.problems, assignment.document, source.field));
      continue;
    }
    renders.push({ field: source.field, prepared });
    reads.push({ source: index, reads: prepared.reads });
    for (const [name, read] of prepared.refReads ?? []) {
      reads.push({ source: sources.findIndex((each) => each.source.ref === name), reads: read });
    }
  }
  if (problems.length > 0) return { type: 'problems', problems };
  return { type: 'ready', key: joinKeys(renders), renders, reads };
}

/** What renders depend on besides what they read: the commits of sources that fill in their own (`$ARGOCD_APP_REVISION`). */
export function usedCommits(sources: readonly SourceAt[]): string {
  const used = sources.filter(({ source }) => source.type === 'git' && usesRevision(source.tool));
  return used.map(({ commit }) => commit.id).join('\n');
}

function refsOf(sources: readonly SourceFiles[]): ReadonlyMap<string, SourceTree> {
  return new Map(
    sources.flatMap(({ source: { ref }, files }) => (ref === undefined ? [] : [[ref, files] as const])),
  );
}

function prepareOne(
  assignment: Assignment,
  source: RenderedSource,
  {
    files,
    refs,
    capabilities,
  }: Pick<SourceAt, 'files'> & {
    readonly refs: ReadonlyMap<string, SourceTree>;
    readonly capabilities: ClusterCapabilities | undefined;
  },
  render: RenderPort,
): Promise<PreparedRender> {
  return render.prepare({
    applicationName: assignment.name,
    namespace: assignment.namespace,
    path: source.path,
    tool: source.tool,
    source: files,
    ...(refs.size === 0 ? {} : { refs }),
    capabilities,
    origin: fieldLocation(
      assignment.document,
      `${source.field}.${source.type === 'chart' ? 'chart' : 'path'}`,
    ),
  });
}

/** Of one render its own, so that what is stored of it is found by either. */
function joinKeys(renders: readonly SourceRender[]): Digest {
  const [only] = renders;
  if (only !== undefined && renders.length === 1) return only.prepared.key;
  return digest(['sources', ...renders.map(({ prepared }) => prepared.key)].join('\n'));
}
