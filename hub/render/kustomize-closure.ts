import type { Json, JsonObject } from '../../core/json.ts';
import type { Location, Problem } from '../../core/problem.ts';
import { readYamlStream } from '../catalog/yaml-stream.ts';
import { addChart } from './chart-files.ts';
import { Closure } from './closure.ts';
import {
  addressesIn,
  chartReferences,
  copyIt,
  fetchedMessage,
  isChartGenerator,
  type Kustomization,
  kustomizationNames,
  parseKustomization,
  type Reference,
  referencesOf,
  textsIn,
} from './parse-kustomization.ts';
import type { SourceFiles } from './source-files.ts';
import { joinPath, nameOf, resolvePath } from './source-paths.ts';

export interface KustomizeClosure {
  readonly closure: Closure;
  /** Folders of the Helm charts inside, links followed. */
  readonly charts: readonly string[];
  readonly problems: readonly Problem[];
}

/** What an Application adds to the kustomization at its path, and where that stands. */
export interface Addition {
  readonly value: JsonObject;
  readonly location: Location;
  readonly field: string;
}

/** Parsed files by their blob's id: a fleet's applications share their bases. */
export type KustomizationMemo = Map<string, Kustomization>;

const maxMemo = 20_000;
/** What kustomize would fetch (api/internal/git/repospec.go), once it's no path in the repository. */
const remote =
  /^([a-z][a-z0-9+.-]*:\/\/|git::|git@|[^/]+@[^/]+:|(github\.com|gitlab\.com|bitbucket\.org)[/:])|[?&](ref|version|timeout|submodules)=|\.git(\/|$|\?)/iu;

/** Follows a kustomization to everything that it reads, inside the repository. */
export async function readKustomizeClosure(
  files: SourceFiles,
  folder: string,
  memo: KustomizationMemo,
  addition?: Addition,
): Promise<KustomizeClosure> {
  const walk = new Walk(files, memo);
  await walk.visit(folder, undefined);
  if (addition !== undefined && walk.problems.length === 0) await walk.add(folder, addition);
  return { closure: walk.closure, charts: [...walk.charts], problems: walk.problems };
}

/** The kustomization file of a folder; `undefined` where there is none. */
export function findKustomization(files: SourceFiles, folder: string): string | undefined {
  return kustomizationNames.map((name) => joinPath(folder, name)).find((path) => files.tree.has(path));
}

interface Origin {
  readonly location: Location;
  readonly field: string;
}

class Walk {
  readonly closure: Closure;
  readonly problems: Problem[] = [];
  readonly charts = new Set<string>();
  readonly #files: SourceFiles;
  readonly #memo: KustomizationMemo;
  /** Folders on the way here, for circles. */
  readonly #open: string[] = [];
  readonly #done = new Set<string>();

  constructor(files: SourceFiles, memo: KustomizationMemo) {
    this.#files = files;
    this.#memo = memo;
    this.closure = new Closure(files);
  }

  async visit(folder: string, origin: Origin | undefined): Promise<void> {
    if (this.#open.includes(folder)) {
      const circle = [...this.#open.slice(this.#open.indexOf(folder)), folder].join(' → ');
      this.#report(
        origin,
        'kustomize-circle',
        `kustomizations refer to each other in a circle: ${circle}`,
        'Take one of them out',
      );
      return;
    }
    if (this.#done.has(folder)) return;
    this.#done.add(folder);
    const path = findKustomization(this.#files, folder);
    if (path === undefined) {
      const place = folder === '' ? 'the root of the repository' : folder;
      this.#report(
        origin,
        'missing-kustomization',
        `${place} holds no kustomization.yaml`,
        'Add one, or name a file in it',
      );
      return;
    }
    const found = await this.#add(path, { location: { file: path }, field: '' });
    const kustomization = found === undefined ? undefined : await this.#parse(found);
    if (kustomization === undefined) return;
    for (const [index, problem] of kustomization.problems.entries()) {
      this.problems.push({
        ...problem,
        location: { file: path, line: kustomization.problemLines[index] ?? 1 },
      });
    }
    this.#open.push(folder);
    for (const reference of kustomization.references) {
      const location = { file: path, line: reference.line };
      await this.#follow(reference, folder, { location, field: reference.field });
    }
    this.#open.pop();
  }

  /** Follows what stands in the Application instead of in the kustomization. */
  async add(folder: string, { value, location, field }: Addition): Promise<void> {
    const { references, problems } = referencesOf(value);
    const fieldOf = (name = ''): string => `${field}.${name}`;
    for (const problem of problems) {
      this.problems.push({ ...problem, location, field: fieldOf(problem.field) });
    }
    this.#open.push(folder);
    for (const reference of references) {
      await this.#follow(reference, folder, { location, field: fieldOf(reference.field) });
    }
    this.#open.pop();
  }

  async #follow(reference: Reference, folder: string, origin: Origin): Promise<void> {
    const path = resolvePath(folder, reference.path);
    const isThere = path !== undefined && (await this.#files.find(path)).type !== 'missing';
    if (!isThere && remote.test(reference.path)) {
      this.#report(origin, 'remote-base', fetchedMessage(reference.path), copyIt);
      return;
    }
    if (path === undefined) {
      this.#report(
        origin,
        'outside-repository',
        `${reference.path} leads out of the repository`,
        'Refer to paths inside it',
      );
      return;
    }
    if (reference.kind === 'chart' && !isThere) {
      this.#reportChart(reference, path, origin);
      return;
    }
    const found = await this.#add(path, origin, reference.path);
    if (found === undefined) return;
    if (reference.kind === 'chart') {
      this.charts.add(found);
      this.problems.push(...(await addChart(this.#files, found, this.closure)));
      return;
    }
    const isFolder = this.#files.tree.get(found)?.type === 'tree';
    if (isFolder && reference.kind !== 'file') await this.visit(found, origin);
    else if (isFolder)
      this.#report(
        origin,
        'not-a-file',
        `${reference.path} is a folder, where a file is needed`,
        'Name a file',
      );
    else if (reference.kind === 'base')
      this.#report(
        origin,
        'not-a-folder',
        `${reference.path} is a file, where a folder with a kustomization is needed`,
        'Name a folder',
      );
    else if (reference.kind === 'config') await this.#addNamed(found, folder, origin);
  }

  #reportChart({ path, repository = '' }: Reference, place: string, origin: Origin): void {
    const from = repository === '' ? '' : ` and is not fetched from ${repository}`;
    this.#report(
      origin,
      repository === '' ? 'missing-chart' : 'remote-chart',
      `the chart ${nameOf(path)} is not in the repository (${place})${from}`,
      repository === ''
        ? 'Check its name and helmGlobals.chartHome'
        : 'Commit the unpacked chart there (helm pull --untar), or make it an Application of its own',
    );
  }

  /** Adds a path with its links; a folder only by its links, since what it reads is followed. Gives the place itself. */
  async #add(path: string, origin: Origin, written = path): Promise<string | undefined> {
    const found = await this.#files.find(path);
    if (found.type === 'missing') {
      const nearby = this.#files.nearby(path);
      const hint = nearby.length === 0 ? 'Nothing is there' : `There are ${nearby.join(', ')}`;
      this.#report(origin, 'missing-file', `${written} is not in the repository (${path})`, hint);
      return undefined;
    }
    if (found.type === 'unreachable') {
      this.#report(
        origin,
        'unreachable-file',
        `${found.link}: ${found.reason}`,
        'Let links point to files of the same repository',
      );
      return undefined;
    }
    for (const link of found.links) this.closure.add(link);
    if (found.type === 'file') this.closure.add(found.path);
    return found.path;
  }

  /** What a transformer or generator names in any of its fields, where there is a file of that name. */
  async #addNamed(path: string, folder: string, origin: Origin): Promise<void> {
    const text = (await this.#files.text(path)) ?? '';
    for (const { value } of readYamlStream(text).documents) {
      for (const found of addressesIn(value)) {
        this.#report(origin, 'remote-base', `${path}: ${fetchedMessage(found.text)}`, copyIt);
      }
      if (isChartGenerator(value)) await this.#addChartGenerator(value, path, folder);
    }
    for (const candidate of textsIn(text)) {
      const named = resolvePath(folder, candidate.slice(candidate.indexOf('=') + 1));
      if (named === undefined || named === '' || candidate.includes('\n')) continue;
      const found = await this.#files.find(named);
      if (found.type !== 'file') continue;
      for (const link of found.links) this.closure.add(link);
      this.closure.add(found.path);
    }
  }

  async #addChartGenerator(value: Json, file: string, folder: string): Promise<void> {
    const { references, problems } = chartReferences(value);
    const location: Location = { file };
    for (const problem of problems) this.problems.push({ ...problem, location });
    for (const reference of references) {
      await this.#follow(reference, folder, { location, field: reference.field });
    }
  }

  async #parse(path: string): Promise<Kustomization | undefined> {
    const oid = this.#files.tree.get(path)?.oid ?? '';
    const known = this.#memo.get(oid);
    if (known !== undefined) return known;
    const text = await this.#files.text(path);
    if (text === undefined) {
      this.#report(
        { location: { file: path }, field: '' },
        'not-utf-8',
        'this file is not UTF-8 text',
        'Save it as UTF-8',
      );
      return undefined;
    }
    const parsed = parseKustomization(text);
    if (this.#memo.size >= maxMemo) this.#memo.clear();
    this.#memo.set(oid, parsed);
    return parsed;
  }

  #report(origin: Origin | undefined, code: string, message: string, remedy: string): void {
    const field = origin?.field ?? '';
    this.problems.push({
      code,
      message,
      ...(origin === undefined ? {} : { location: origin.location }),
      ...(field === '' ? {} : { field }),
      remedy,
    });
  }
}
