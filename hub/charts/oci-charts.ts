import { type Digest, digest } from '../../core/digest.ts';
import { AppError } from '../../core/error.ts';
import { parseVersion, parseVersionRange } from '../catalog/version-range.ts';
import { parseRegistryAddress, tagOfVersion, versionOfTag } from './address.ts';
import type { ChartRevision, ChartWish } from './chart-port.ts';
import { chooseVersion } from './choose-version.ts';
import { type Artifact, parseManifest } from './oci-manifest.ts';
import type { OciAddress } from './oci-registry.ts';
import {
  type ChartServices,
  type ChartVersion,
  checkPin,
  failedRevision,
  foundRevision,
  missingRevision,
} from './revisions.ts';

const digestForm = /^sha256:[0-9a-f]{64}$/u;

/** What a wish is in a registry, with its archive at hand. */
export async function resolveInRegistry(
  repoURL: string,
  { chart: chartName, targetRevision }: ChartWish,
  services: ChartServices,
  signal?: AbortSignal,
): Promise<ChartRevision> {
  try {
    const address = parseRegistryAddress({ repoURL, chart: chartName });
    const name = address.label;
    const version = await versionOf(address, targetRevision, services, signal);
    if (version.type === 'missing') {
      return missingRevision(
        'targetRevision',
        `${name}: ${version.message}`,
        'Correct targetRevision, or push this version',
      );
    }
    const host = name.slice(0, name.indexOf('/'));
    const chart = { key: `oci://${name}`, name, version: version.version, host };
    return await pinned(address, chart, services, signal);
  } catch (error) {
    return failedRevision(error);
  }
}

/** A tag or digest names itself; tags are only listed for a range, or for a version that isn't whole. */
async function versionOf(
  address: OciAddress,
  wanted: string,
  { registry }: ChartServices,
  signal: AbortSignal | undefined,
): Promise<ReturnType<typeof chooseVersion>> {
  const isPartial = /^v?\d+(?:\.\d+)?$/u.test(wanted);
  if (!isPartial && parseVersionRange(wanted) === undefined) return { type: 'found', version: wanted };
  const tags = await registry.tags(address, signal);
  return chooseVersion(wanted, tags.map(versionOfTag));
}

async function pinned(
  address: OciAddress,
  chart: ChartVersion,
  services: ChartServices,
  signal: AbortSignal | undefined,
): Promise<ChartRevision> {
  const { registry, pins, archives, now } = services;
  const tag = digestForm.test(chart.version) ? chart.version : tagOfVersion(chart.version);
  const pin = await pins.find(chart.key, chart.version);
  if (pin?.manifest !== undefined && (await archives.has(pin.archive))) {
    const isSame = tag === pin.manifest || (await registry.digestOf(address, tag, signal)) === pin.manifest;
    if (isSame) return foundRevision(chart, pin);
  }
  const artifact = await readArtifact(address, tag, services, signal);
  const isMoving = parseVersion(chart.version) === undefined;
  const { changed } = isMoving ? {} : await checkPin(chart, artifact.layer, services);
  if (changed !== undefined) return changed;
  if (!(await archives.has(artifact.layer))) await takeLayer(address, artifact, services, signal);
  const created = pin?.archive === artifact.layer ? pin.created : (artifact.created ?? now().toISOString());
  const kept = { archive: artifact.layer, manifest: artifact.manifest, created };
  await pins.save(chart.key, chart.version, kept);
  return foundRevision(chart, kept);
}

/** The archive that a tag names, at hand. */
export async function takeFromRegistry(
  address: OciAddress,
  tag: string,
  services: ChartServices,
  signal: AbortSignal | undefined,
): Promise<Artifact> {
  const artifact = await readArtifact(address, tag, services, signal);
  if (!(await services.archives.has(artifact.layer))) await takeLayer(address, artifact, services, signal);
  return artifact;
}

async function readArtifact(
  address: OciAddress,
  tag: string,
  { registry }: ChartServices,
  signal: AbortSignal | undefined,
): Promise<Artifact> {
  const bytes = await registry.manifest(address, tag, signal);
  const found = digest(bytes);
  if (digestForm.test(tag) && found !== tag) {
    throw new AppError('invalid', `its manifest has the digest ${found}, and has to have ${tag}`, {
      subject: address.label,
      remedy: 'Look at what stands between the hub and the registry: it changes what passes',
    });
  }
  return parseManifest(bytes.toString('utf8'), found, `${address.label}:${tag}`);
}

function takeLayer(
  address: OciAddress,
  { layer, layout, size }: Artifact,
  { archives, registry, limits }: ChartServices,
  signal: AbortSignal | undefined,
): Promise<Digest> {
  const url = `${address.label}@${layer}`;
  return archives.take({ url, layout, expected: layer }, () => {
    if (size <= limits.maxBytes) return registry.blob(address, layer, limits.maxBytes, signal);
    throw new AppError('too-large', `it has ${size} bytes, and ${limits.maxBytes} are the limit`, {
      subject: url,
      remedy: 'Make the chart smaller: leave out what `helm template` needs not',
    });
  });
}
