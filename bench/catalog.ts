import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createGitRepo, type FileChanges, type GitRepo, openGitRepo } from '../test/support/git-repo.ts';
import { startGitServer } from '../test/support/git-server.ts';
import {
  baseFiles,
  catalogFiles,
  narrowedProjectFile,
  projectFile,
  sharedBy,
  sourceFiles,
} from './catalog-files.ts';
import { compileShipped } from './compile.ts';
import { type Figure, figureOf } from './figures.ts';
import { endProcess, residentBytes } from './processes.ts';
import { type ShippedHub, startShippedHub, tellHub } from './shipped-hub.ts';

const megabyte = 1_000_000;
const repetitions = 20;
const apiToken = 'bench';
type Say = (line: string) => void;

/** What the hub logs of a pass that changed something. */
interface Generation {
  readonly rendered: number;
  readonly changed: number;
}

/**
 * A hub without clusters on a generated fleet repository of 100, 1,000 and 10,000 applications: reading all of it, starting
 * again, and what a commit costs, from the webhook to the stored generation. Raw: `git fetch` of the same commit.
 */
export async function measureCatalog(say: Say): Promise<readonly Figure[]> {
  await compileShipped();
  return [
    ...(await measureSize(100, 'git', say)),
    ...(await measureSize(1_000, 'git', say)),
    ...(await measureSize(10_000, 'git', say)),
    ...(await measureSize(1_000, 'isomorphic-git', say)),
  ];
}

async function measureSize(
  count: number,
  implementation: 'git' | 'isomorphic-git',
  say: Say,
): Promise<readonly Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-bench-catalog-'));
  const git = await startGitServer({ dir: join(dir, 'git') });
  let bench: CatalogBench | undefined;
  try {
    const repo = await createGitRepo(join(dir, 'git'), 'fleet.git');
    await createGitRepo(dir, 'clone');
    const repoURL = git.url('fleet.git');
    await repo.commit(catalogFiles(repoURL, count));
    bench = new CatalogBench(dir, repo, repoURL, implementation);
    const suffix = `${count}${implementation === 'git' ? '' : '-embedded'}`;
    return await measureHub(bench, count, suffix, say);
  } finally {
    await bench?.stop();
    await git.close();
    await rm(dir, { recursive: true, force: true });
  }
}

async function measureHub(
  bench: CatalogBench,
  count: number,
  suffix: string,
  say: Say,
): Promise<readonly Figure[]> {
  const cold = await bench.start();
  say(`catalog: ${suffix} applications read and rendered in ${cold.toFixed(1)} s`);
  expectRenders('the first start', await bench.renders(), count);
  await bench.stop();
  const warm = await bench.start();
  expectRenders('a start on what is stored', await bench.renders(), 0);
  await bench.fetchBare();
  const samples: number[] = [];
  const raw: number[] = [];
  for (let turn = 0; turn < repetitions; turn += 1) {
    const told = await bench.push(sourceFiles(turn % count, `v${turn + 1}`));
    expectRenders('a commit that touches one application', told.rendered, 1);
    samples.push(told.ms);
    raw.push(await bench.fetchBare());
  }
  const figures = [
    figureOf(`catalog-cold-${suffix}`, 's', [cold]),
    figureOf(`catalog-warm-${suffix}`, 's', [warm]),
    figureOf(`catalog-one-application-${suffix}`, 'ms', samples, raw),
  ];
  if (suffix !== '10000') return figures;
  const base = await bench.push(baseFiles(0, 'v1'));
  expectRenders('a base that 100 applications share', base.rendered, sharedBy);
  const narrowed = await bench.push(narrowedProjectFile(bench.repoURL, 7));
  expectRenders('a project that was narrowed', narrowed.rendered, 0);
  const widened = await bench.push(projectFile(bench.repoURL, 7, 'as it was'));
  expectRenders('a project that was widened', widened.rendered, 0);
  say(`catalog: a project decides on ${narrowed.changed} applications`);
  return [
    ...figures,
    figureOf('catalog-shared-base-100', 'ms', [base.ms]),
    figureOf('catalog-project', 'ms', [narrowed.ms, widened.ms]),
    figureOf('catalog-hub-memory-10000', 'MB', [bench.residentBytes() / megabyte]),
    figureOf('catalog-store-10000', 'MB', [(await bench.metric('fairlead_hub_store_bytes')) / megabyte]),
  ];
}

/** A figure of other work than it says would be worse than none. */
function expectRenders(what: string, rendered: number, expected: number): void {
  if (rendered !== expected) throw new Error(`${what} cost ${rendered} renders, not ${expected}`);
}

/** One hub on one repository, and a bare clone beside it. */
class CatalogBench {
  readonly repoURL: string;
  readonly #dir: string;
  readonly #repo: GitRepo;
  readonly #implementation: 'git' | 'isomorphic-git';
  readonly #generations: Generation[] = [];
  #waiting: (() => void) | undefined;
  #hub: ShippedHub | undefined;

  constructor(dir: string, repo: GitRepo, repoURL: string, implementation: 'git' | 'isomorphic-git') {
    this.#dir = dir;
    this.#repo = repo;
    this.repoURL = repoURL;
    this.#implementation = implementation;
  }

  /** Seconds until it has read everything. */
  async start(): Promise<number> {
    const startedAt = performance.now();
    this.#hub = await startShippedHub({
      dir: this.#dir,
      repoURL: this.repoURL,
      apiToken,
      logLevel: 'info',
      git: this.#implementation,
      limitMs: 30 * 60_000,
    });
    const seconds = (performance.now() - startedAt) / 1000;
    if (this.#hub.child.stderr !== null) {
      createInterface(this.#hub.child.stderr).on('line', (line) => this.#take(line));
    }
    return seconds;
  }

  #take(line: string): void {
    if (!line.includes('"a generation is stored"')) return;
    this.#generations.push(JSON.parse(line) as Generation);
    this.#waiting?.();
  }

  /** Commits, tells the hub, and gives the time from telling until the generation is stored, in ms. */
  async push(changes: FileChanges): Promise<Generation & { readonly ms: number }> {
    await this.#repo.commit(changes);
    this.#generations.length = 0;
    const startedAt = performance.now();
    await tellHub(this.#api, apiToken, this.repoURL);
    while (this.#generations.length === 0) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
    const [generation] = this.#generations;
    if (generation === undefined) throw new Error('no generation');
    return { ...generation, ms: performance.now() - startedAt };
  }

  /** Milliseconds of a bare `git fetch` of what was pushed since the last one. */
  async fetchBare(): Promise<number> {
    const clone = openGitRepo(join(this.#dir, 'clone'));
    const startedAt = performance.now();
    await clone.git('fetch', '--quiet', '--no-tags', this.repoURL, '+main:fetched');
    return performance.now() - startedAt;
  }

  residentBytes(): number {
    return residentBytes(this.#hub?.child.pid ?? 0);
  }

  renders(): Promise<number> {
    return this.metric('fairlead_hub_renders_total{result="ok"}');
  }

  /** One number of the hub's metrics. */
  async metric(name: string): Promise<number> {
    const answer = await fetch(`${this.#api}/metrics`, { headers: { authorization: `Bearer ${apiToken}` } });
    const line = (await answer.text()).split('\n').find((each) => each.startsWith(`${name} `));
    if (line === undefined) throw new Error(`the hub has no metric ${name}`);
    return Number(line.slice(name.length + 1));
  }

  get #api(): string {
    if (this.#hub === undefined) throw new Error('the hub is not started');
    return this.#hub.api;
  }

  async stop(): Promise<void> {
    if (this.#hub !== undefined) await endProcess(this.#hub.child);
    this.#hub = undefined;
  }
}
