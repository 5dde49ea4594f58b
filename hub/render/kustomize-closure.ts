import type { Location, Problem } from '../../core/problem.ts';
import { Closure } from './closure.ts';
import {
  addressesIn,
  copyIt,
  fetchedMessage,
  type Kustomization,
  kustomizationNames,
  parseKustomization,
  type Reference,
  textsIn,
} from './parse-kustomization.ts';
import { readYamlStream } from './read-yaml.ts';
import type { SourceFiles } from './source-files.ts';
import { joinPath, resolvePath } from './source-paths.ts';

export interface KustomizeClosure {
  readonly closure: Closure;
  readonly problems: readonly Problem[];
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
): Promise<KustomizeClosure> {
  const walk = new Walk(files, memo);
  await walk.visit(folder, undefined);
  return { closure: walk.closure, problems: walk.problems };
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
    for (const reference of kustomization.references) await this.#follow(reference, folder, path);
    this.#open.pop();
  }

  async #follow(reference: Reference, folder: string, file: string): Promise<void> {
    const origin: Origin = { location: { file, line: reference.line }, field: reference.field };
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
    const found = await this.#add(path, origin, reference.path);
    if (found === undefined) return;
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
