import type { Digest } from '../../core/digest.ts';
import { AppError } from '../../core/error.ts';
import { didYouMean } from '../catalog/did-you-mean.ts';
import { type ChartAddress, parseRegistryAddress } from './address.ts';
import { ask, refusal } from './ask.ts';
import type { ChartRevision, ChartWish } from './chart-port.ts';
import { chooseVersion } from './choose-version.ts';
import type { IndexEntry, IndexPart } from './index-file.ts';
import { takeFromRegistry } from './oci-charts.ts';
import {
  type ChartServices,
  type ChartVersion,
  checkPin,
  failedRevision,
  foundRevision,
  missingRevision,
} from './revisions.ts';

type HttpAddress = Extract<ChartAddress, { type: 'http' }>;

/** What a wish is in the index of a repository, with its archive at hand. */
export async function resolveIndexed(
  address: HttpAddress,
  index: IndexPart,
  { chart = '', targetRevision }: ChartWish,
  services: ChartServices,
  signal?: AbortSignal,
): Promise<ChartRevision> {
  const entries = index.charts.get(chart);
  if (entries === undefined || entries.length === 0) {
    const remedy = didYouMean(chart, index.names) ?? "Correct the chart's name, or publish it there";
    return missingRevision('chart', `${address.url} has no chart ${chart}`, remedy);
  }
  const chosen = chooseVersion(
    targetRevision,
    entries.map(({ version }) => version),
  );
  const entry = entries.find(({ version }) => chosen.type === 'found' && version === chosen.version);
  if (chosen.type === 'missing' || entry === undefined) {
    const message = chosen.type === 'missing' ? chosen.message : '';
    return missingRevision(
      'targetRevision',
      `${chart}: ${message}`,
      'Correct targetRevision, or publish this version',
    );
  }
  const version: ChartVersion = {
    key: `${address.url}${chart}`,
    name: chart,
    version: entry.version,
    host: new URL(address.url).host,
  };
  try {
    return await pinned(address, entry, version, services, signal);
  } catch (error) {
    return failedRevision(error);
  }
}

async function pinned(
  address: HttpAddress,
  entry: IndexEntry,
  chart: ChartVersion,
  services: ChartServices,
  signal: AbortSignal | undefined,
): Promise<ChartRevision> {
  const { pins, archives, now } = services;
  // An index that tells no digests can't show a change: what was met first counts.
  const stated = entry.digest === undefined ? undefined : `sha256:${entry.digest}`;
  const known = await pins.find(chart.key, chart.version);
  const wanted = stated ?? known?.archive;
  const { pin, changed } =
    wanted === undefined ? { pin: undefined } : await checkPin(chart, wanted, services);
  if (changed !== undefined) return changed;
  const isThere = wanted !== undefined && (await archives.has(wanted));
  const archive = isThere ? wanted : await takeArchive(address, entry, chart, wanted, services, signal);
  const kept = pin ?? { archive, created: entry.created ?? now().toISOString() };
  if (pin === undefined) await pins.save(chart.key, chart.version, kept);
  return foundRevision(chart, kept);
}

async function takeArchive(
  address: HttpAddress,
  entry: IndexEntry,
  chart: ChartVersion,
  expected: Digest | undefined,
  services: ChartServices,
  signal: AbortSignal | undefined,
): Promise<Digest> {
  const written = entry.urls[0];
  const isUsable = written !== undefined && URL.canParse(written, address.url);
  if (!isUsable) {
    throw new AppError('invalid', `its index names no URL for ${chart.name} ${chart.version}`, {
      subject: address.url,
      remedy: 'Make the index anew with `helm repo index`',
    });
  }
  const url = new URL(written, address.url).href;
  if (/^oci:/iu.test(url)) return takeFromIndexedRegistry(url, chart, expected, services, signal);
  const { archives, find, limits } = services;
  return archives.take({ url, layout: 'chart', expected }, async () => {
    // Packed already: another packing on the way would be taken for the archive.
    const headers = { accept: '*/*', 'accept-encoding': 'identity' };
    const answer = await ask({ find, url, headers, maxBytes: limits.maxBytes, signal });
    if (answer.status === 200) return answer.body;
    throw refusal(answer, url, {
      message: `the archive of ${chart.name} ${chart.version} is not where the index says (404)`,
      remedy: 'Publish the archive again, or make the index anew',
    });
  });
}

/** Some indexes name archives of a registry: `oci://host/path:tag`. */
async function takeFromIndexedRegistry(
  url: string,
  chart: ChartVersion,
  expected: Digest | undefined,
  services: ChartServices,
  signal: AbortSignal | undefined,
): Promise<Digest> {
  const [, repoURL = '', tag = ''] = /^(oci:\/\/[^/]+\/.+?):([^:/]+)$/iu.exec(url) ?? [];
  const address = parseRegistryAddress({ repoURL });
  const { layer } = await takeFromRegistry(address, tag, services, signal);
  if (expected === undefined || layer === expected) return layer;
  throw new AppError(
    'invalid',
    `${chart.name} ${chart.version} is ${layer} there, and ${expected} in the index`,
    {
      subject: url,
      remedy: 'Publish the chart again, so that both agree',
    },
  );
}
