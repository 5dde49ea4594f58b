import { hash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type FaultyServer, type ServedAnswer, startFaultyServer } from './chart-server.ts';

/** A registry that gives out what was pushed, as the OCI distribution specification has it. */
export interface OciServer extends FaultyServer {
  /** `127.0.0.1:port`. */
  readonly host: string;
  /** Pushes an archive under a tag, or another one under the same. */
  push(name: string, tag: string, archive: Uint8Array, change?: ManifestChange): void;
}

export interface ManifestChange {
  readonly mediaType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface OciServerOptions {
  /** Asked of every request: by a token, or by basic authentication. */
  readonly auth?: { readonly type: 'token' | 'basic'; readonly username: string; readonly password: string };
  /** Tags in one page of a listing. */
  readonly pageSize?: number;
}

const helmLayer = 'application/vnd.cncf.helm.chart.content.v1.tar+gzip';
const token = 'a-token-of-the-registry';

export async function startOciServer(options: OciServerOptions = {}): Promise<OciServer> {
  const tags = new Map<string, Map<string, string>>();
  const contents = new Map<string, Uint8Array>();
  const server: FaultyServer = await startFaultyServer((request, url) => {
    if (url.pathname === '/token') return giveToken(request, options);
    if (!isAllowed(request, options)) return challenge(request, options);
    const [, name = '', kind, reference = ''] =
      /^\/v2\/(.+)\/(tags|manifests|blobs)\/([^/]+)$/u.exec(url.pathname) ?? [];
    const known = tags.get(name);
    if (known === undefined) return { status: 404 };
    if (kind === 'tags') return listTags(name, [...known.keys()], url, options.pageSize ?? 1000);
    const digest = kind === 'manifests' ? (known.get(reference) ?? reference) : reference;
    const body = contents.get(digest);
    return body === undefined
      ? { status: 404 }
      : { status: 200, body, headers: { 'docker-content-digest': digest } };
  });
  return {
    ...server,
    host: `127.0.0.1:${server.port}`,
    push(name, tag, archive, { mediaType = helmLayer, annotations = {} } = {}) {
      const layer = keep(contents, archive);
      const config = keep(contents, Buffer.from('{}'));
      const manifest = {
        schemaVersion: 2,
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        config: { mediaType: 'application/vnd.cncf.helm.config.v1+json', digest: config, size: 2 },
        layers: [{ mediaType, digest: layer, size: archive.length }],
        annotations,
      };
      const known = tags.get(name) ?? new Map<string, string>();
      tags.set(name, known.set(tag, keep(contents, Buffer.from(JSON.stringify(manifest)))));
    },
  };
}

function keep(contents: Map<string, Uint8Array>, bytes: Uint8Array): string {
  const digest = `sha256:${hash('sha256', bytes, 'hex')}`;
  contents.set(digest, bytes);
  return digest;
}

function listTags(name: string, tags: readonly string[], url: URL, pageSize: number): ServedAnswer {
  const last = url.searchParams.get('last');
  const rest = last === null ? tags : tags.slice(tags.indexOf(last) + 1);
  const page = rest.slice(0, pageSize);
  const next = rest.length > pageSize ? `</v2/${name}/tags/list?last=${page.at(-1)}>; rel="next"` : undefined;
  return {
    status: 200,
    body: Buffer.from(JSON.stringify({ name, tags: page })),
    ...(next === undefined ? {} : { headers: { link: next } }),
  };
}

function basicOf({ auth }: OciServerOptions): string {
  return `Basic ${Buffer.from(`${auth?.username}:${auth?.password}`).toString('base64')}`;
}

function isAllowed(request: IncomingMessage, options: OciServerOptions): boolean {
  if (options.auth === undefined) return true;
  const expected = options.auth.type === 'basic' ? basicOf(options) : `Bearer ${token}`;
  return request.headers.authorization === expected;
}

function challenge(request: IncomingMessage, { auth }: OciServerOptions): ServedAnswer {
  const realm = `http://${request.headers.host}/token`;
  const header =
    auth?.type === 'basic' ? 'Basic realm="registry"' : `Bearer realm="${realm}",service="registry"`;
  return { status: 401, headers: { 'www-authenticate': header } };
}

function giveToken(request: IncomingMessage, options: OciServerOptions): ServedAnswer {
  if (request.headers.authorization !== basicOf(options)) return { status: 401 };
  return { status: 200, body: Buffer.from(JSON.stringify({ token, expires_in: 300 })) };
}
