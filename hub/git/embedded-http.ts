import type { HttpClient } from 'isomorphic-git';
import type { RemoteAccess } from '../credentials/remote.ts';

/** isomorphic-git's view of HTTP, by the repository's own way to its server, so that a timeout or a signal ends a request. */
export function embeddedHttp(access: RemoteAccess, signal: AbortSignal): HttpClient {
  return {
    async request({ url, method = 'GET', headers = {}, body }) {
      const chunks: Uint8Array[] = [];
      if (body !== undefined) for await (const chunk of body) chunks.push(chunk);
      const response = await access.fetch(url, {
        method,
        headers: { ...headers, ...authorizationOf(access) },
        signal,
        ...(body === undefined ? {} : { body: Buffer.concat(chunks) }),
      });
      return {
        url: response.url,
        method,
        statusCode: response.status,
        statusMessage: response.statusText,
        headers: Object.fromEntries(response.headers),
        body: bytesOf(response),
      };
    },
  };
}

/** The header that shows a server who asks, where there is one. */
export function authorizationOf({ authorization }: RemoteAccess): { readonly authorization?: string } {
  return authorization === undefined ? {} : { authorization };
}

async function* bytesOf(response: Response): AsyncIterableIterator<Uint8Array> {
  if (response.body === null) return;
  for await (const chunk of response.body) yield Buffer.from(chunk);
}
