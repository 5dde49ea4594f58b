import { join } from 'node:path';
import { parseChartAddress } from './address.ts';
import { ArchiveCache } from './archive-cache.ts';
import { Archives } from './archives.ts';
import type { FindRemote } from './ask.ts';
import type { ChartPort, ChartRevision, ChartWish } from './chart-port.ts';
import { resolveIndexed } from './indexed-charts.ts';
import { KnownIndex } from './known-index.ts';
import { resolveInRegistry } from './oci-charts.ts';
import { OciRegistry } from './oci-registry.ts';
import { Pins } from './pins.ts';
import { type ArchiveLimits, archiveLimits } from './read-archive.ts';
import type { ChartServices } from './revisions.ts';

export interface OpenChartsOptions {
  /** For archives, indexes and pins: the caller's alone. */
  readonly dir: string;
  /** Without credentials, by the machine's own settings, where absent. */
  readonly find?: FindRemote;
  readonly limits?: ArchiveLimits;
  readonly now: () => Date;
}

/** Downloads under way at once, of one repository. */
const concurrency = 4;

/** Opens the hub's view of chart repositories and registries; nothing is asked yet. */
export function openCharts({ dir, limits = archiveLimits, now, ...options }: OpenChartsOptions): ChartPort {
  const find = options.find ?? (() => ({ fetch }));
  const archives = new Archives({ cache: new ArchiveCache(join(dir, 'archives')), limits, now });
  const registry = new OciRegistry(find, now);
  const pins = new Pins(join(dir, 'pins'));
  const services: ChartServices = { find, registry, archives, pins, limits, now };
  const indexes = new Map<string, KnownIndex>();

  async function fetchIndexed(
    address: Extract<ReturnType<typeof parseChartAddress>, { type: 'http' }>,
    wishes: readonly ChartWish[],
    signal: AbortSignal | undefined,
  ): Promise<readonly ChartRevision[]> {
    const index = indexes.get(address.url) ?? new KnownIndex(address.url, join(dir, 'indexes'), find);
    indexes.set(address.url, index);
    const part = await index.read(new Set(wishes.map(({ chart = '' }) => chart)), signal);
    return mapConcurrently(wishes, (wish) => resolveIndexed(address, part, wish, services, signal));
  }

  return {
    async fetch(repoURL, wishes, signal) {
      await archives.collect();
      const address = parseChartAddress({ repoURL, chart: 'chart' });
      if (address.type === 'http') return fetchIndexed(address, wishes, signal);
      return mapConcurrently(wishes, (wish) => resolveInRegistry(repoURL, wish, services, signal));
    },
    open: (id) => archives.open(`sha256:${id}`),
    read: async (id) => (await archives.read(`sha256:${id}`)).bytes,
  };
}

async function mapConcurrently<In, Out>(
  items: readonly In[],
  work: (item: In) => Promise<Out>,
): Promise<readonly Out[]> {
  const results = new Map<number, Out>();
  const queue = items.entries();
  async function run(): Promise<void> {
    for (const [index, item] of queue) results.set(index, await work(item));
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, run));
  return items.flatMap((_, index) => (results.has(index) ? [results.get(index) as Out] : []));
}
