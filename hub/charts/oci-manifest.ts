import type { Digest } from '../../core/digest.ts';
import { AppError } from '../../core/error.ts';
import { isJsonArray, type Json, jsonAt, numberAt, parseJson, stringAt } from '../../core/json.ts';
import type { ArchiveLayout } from './read-archive.ts';

/** What a manifest of a registry comes to: one archive. */
export interface Artifact {
  /** Of the manifest itself. */
  readonly manifest: Digest;
  /** Of the archive. */
  readonly layer: Digest;
  /** Bytes. */
  readonly size: number;
  readonly layout: ArchiveLayout;
  /** ISO 8601. */
  readonly created?: string;
}

/** Media types of archives: Helm's own, and those of packed folders that Argo CD takes too. */
const layouts: Readonly<Record<string, ArchiveLayout>> = {
  'application/vnd.cncf.helm.chart.content.v1.tar+gzip': 'chart',
  'application/tar+gzip': 'chart',
  'application/vnd.oci.image.layer.v1.tar+gzip': 'plain',
  'application/vnd.oci.image.layer.v1.tar': 'plain',
};

/**
 * Reads an image manifest (OCI image specification) for its one archive. Throws AppError `invalid` for an index, an image
 * of several layers, or anything else that is no chart and no packed folder.
 */
export function parseManifest(text: string, manifest: Digest, subject: string): Artifact {
  const json = parse(text);
  const layers = jsonAt(json, 'layers');
  if (!isJsonArray(layers)) {
    const what = isJsonArray(jsonAt(json, 'manifests')) ? 'an index of several images' : 'something else';
    throw refused(subject, `it is ${what}, not a chart`);
  }
  const known = layers.flatMap((layer) => {
    const layout = layouts[stringAt(layer, 'mediaType') ?? ''];
    return layout === undefined ? [] : [{ layer, layout }];
  });
  const charts = known.filter(({ layout }) => layout === 'chart');
  // A chart may have its provenance as a second layer.
  const [only, ...others] = charts.length > 0 ? charts : known;
  const digest = stringAt(only?.layer, 'digest');
  const size = numberAt(only?.layer, 'size');
  if (only === undefined || others.length > 0 || size === undefined || !isDigest(digest)) {
    const types = layers.map((layer) => stringAt(layer, 'mediaType') ?? 'none').join(', ');
    throw refused(subject, `its layers are no chart (${types.slice(0, 300)})`);
  }
  const created = stringAt(json, 'annotations', 'org.opencontainers.image.created');
  const at = created === undefined ? Number.NaN : Date.parse(created);
  return {
    manifest,
    layer: digest,
    size,
    layout: only.layout,
    ...(Number.isNaN(at) ? {} : { created: new Date(at).toISOString() }),
  };
}

function isDigest(text: string | undefined): text is Digest {
  return text !== undefined && /^sha256:[0-9a-f]{64}$/u.test(text);
}

function parse(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function refused(subject: string, message: string): AppError {
  return new AppError('invalid', message, {
    subject,
    remedy:
      'Push it with `helm push`, or as an OCI artifact with one packed folder; correct repoURL and chart else',
  });
}
