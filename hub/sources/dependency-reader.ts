import { AppError } from '../../core/error.ts';
import { formatLocation, type Problem } from '../../core/problem.ts';
import { fieldLocation } from '../catalog/field-location.ts';
import type { ChartDependency, FoundDependencies } from '../charts/dependencies.ts';
import type { SourceTree, Tree } from '../ports.ts';
import { joinPath } from '../render/source-paths.ts';
import type { Assignment } from '../resolve/assignment.ts';
import { judgeSource } from '../resolve/project-rules.ts';
import { findDependencies, localPart } from './find-dependencies.ts';
import { type ChartPart, overlayCharts } from './overlay-charts.ts';
import { chartAddress, type SourceAddress } from './source-address.ts';
import type { ReadSources, SourceAt, SourceReader } from './source-reader.ts';

/**
 * Reads the sources of applications with the charts that theirs are made of: those that aren't committed below
 * `charts/` come from their own repositories, by the same checks as any chart.
 */
export class DependencyReader {
  readonly #sources: SourceReader;
  readonly #found = new Map<string, Promise<FoundDependencies>>();
  readonly #completed = new WeakMap<Tree, Map<string, SourceTree>>();
  #revisions: ReadonlyMap<string, readonly string[]> = new Map();

  constructor(sources: SourceReader) {
    this.#sources = sources;
  }

  /** What the last `find` found to be fetched, by repository. */
  revisions(): ReadonlyMap<string, readonly string[]> {
    return this.#revisions;
  }

  /** Finds what the charts of these applications are made of, as far as they could be read. */
  async find(assignments: readonly Assignment[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const wanted = new Map<string, Set<string>>();
    for (const assignment of assignments) {
      const read = await this.#sources.read(assignment);
      if (read.type === 'problem') continue;
      for (const source of read.sources) {
        const found = await this.#dependenciesOf(source);
        if (found.type === 'problem') continue;
        for (const dependency of found.missing) {
          if (denied(assignment, dependency) || isLocal(dependency)) continue;
          const { url, revision } = addressOfDependency(dependency);
          const known = wanted.get(url) ?? new Set<string>();
          wanted.set(url, known.add(revision));
        }
      }
    }
    this.#revisions = new Map([...wanted].map(([url, revisions]) => [url, [...revisions]]));
    return this.#revisions;
  }

  async read(assignment: Assignment): Promise<ReadSources> {
    const read = await this.#sources.read(assignment);
    if (read.type === 'problem') return read;
    const sources: SourceAt[] = [];
    for (const source of read.sources) {
      const complete = await this.#complete(assignment, source);
      if ('code' in complete) return { type: 'problem', problem: complete };
      sources.push(complete);
    }
    return { type: 'ready', sources };
  }

  async #complete(assignment: Assignment, at: SourceAt): Promise<SourceAt | Problem> {
    const found = await this.#dependenciesOf(at);
    if (found.type === 'problem') return found.problem;
    if (at.source.type === 'ref' || found.missing.length === 0) return at;
    const { path } = at.source;
    const parts: ChartPart[] = [];
    const keys: string[] = [path];
    for (const dependency of found.missing) {
      const part = await this.#part(assignment, { ...at, path }, dependency).catch((error: unknown) =>
        unreadable(path, error),
      );
      if ('code' in part) return part;
      parts.push(part);
      keys.push(`${part.folder} ${part.files.tree.get(part.path)?.oid}`);
    }
    const completed = this.#completed.get(at.files.tree) ?? new Map<string, SourceTree>();
    this.#completed.set(at.files.tree, completed);
    const key = keys.join('\n');
    const files = completed.get(key) ?? overlayCharts(at.files, path, parts);
    completed.set(key, files);
    return { ...at, files };
  }

  async #part(
    assignment: Assignment,
    { files, path }: Pick<SourceAt, 'files'> & { readonly path: string },
    dependency: ChartDependency,
  ): Promise<ChartPart | Problem> {
    const { name, repository, line } = dependency;
    const problem = (message: string, remedy: string): Problem => ({
      code: 'missing-dependency',
      message: `the chart ${name} that this one depends on can't be read: ${message}`,
      location: { file: joinPath(path, 'Chart.yaml'), line },
      field: 'dependencies',
      remedy,
    });
    const local = localPart(files, path, dependency);
    if (local === undefined) {
      return problem(
        `${repository} is no chart of this repository`,
        'Correct the path: it is relative to this chart',
      );
    }
    if (local !== 'elsewhere') return local;
    const refused = denied(assignment, dependency);
    if (refused !== undefined) return problem(refused.message, refused.remedy);
    const { url, revision } = addressOfDependency(dependency);
    const failure = this.#sources.failure(url, revision);
    if (failure !== undefined) {
      const remedy = failure.remedy ?? 'What runs stays as it is; the hub tries again at every poll';
      return problem(`${failure.subject ?? repository}: ${failure.message}`, remedy);
    }
    const commit = this.#sources.commit(url, revision);
    if (commit === undefined)
      return problem(`${repository} has not been read yet`, 'It is read at the next pass');
    // Two of one name, by aliases, may differ in their versions.
    const folder = `${name}-${commit.id.slice(0, 12)}`;
    return { folder, files: await this.#sources.tree(url, commit.id), path: '' };
  }

  #dependenciesOf({ source, files }: SourceAt): Promise<FoundDependencies> {
    if (source.type === 'ref' || !['helm', 'detect'].includes(source.tool.type)) return nothing;
    const { path } = source;
    const chart = files.tree.get(joinPath(path, 'Chart.yaml'));
    if (chart === undefined) return nothing;
    // The folder's id stands for all that is read of it.
    const key = `${path}\n${files.tree.get(path)?.oid}\n${chart.oid}`;
    const known = this.#found.get(key);
    if (known !== undefined) return known;
    const finding = findDependencies(files, path).catch((error: unknown): FoundDependencies => {
      this.#found.delete(key);
      return { type: 'problem', problem: unreadable(path, error) };
    });
    if (this.#found.size >= mostRemembered) this.#found.clear();
    this.#found.set(key, finding);
    return finding;
  }
}

const mostRemembered = 20_000;
const nothing: Promise<FoundDependencies> = Promise.resolve({ type: 'found', missing: [] });

function unreadable(path: string, error: unknown): Problem {
  return {
    code: 'source-unreadable',
    message: `the chart can't be read: ${AppError.from(error).message}`,
    location: { file: joinPath(path, 'Chart.yaml') },
    remedy: 'What runs stays as it is; the hub tries again at every poll',
  };
}

function isLocal({ repository }: ChartDependency): boolean {
  return repository.startsWith('file://');
}

function addressOfDependency({ name, version, repository }: ChartDependency): SourceAddress {
  return chartAddress(repository, { chart: name, targetRevision: version });
}

/** A chart can't bring in others that its project wouldn't allow as sources. */
function denied(
  { project }: Assignment,
  { repository }: ChartDependency,
): { readonly message: string; readonly remedy: string } | undefined {
  if (repository.startsWith('file://')) return undefined;
  const verdict = judgeSource(project, repository);
  if (verdict.type === 'allowed') return undefined;
  const at = formatLocation(fieldLocation(project, verdict.field));
  return {
    message: `project ${project.name} doesn't allow the repository ${repository}`,
    remedy: `Allow it in sourceRepos at ${at}, or commit the charts folder`,
  };
}
