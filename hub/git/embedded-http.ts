import type { HttpClient } from 'isomorphic-git';

/** isomorphic-git's view of HTTP, by Node's own `fetch`, so that a timeout or a signal ends a request. */
export function embeddedHttp(authorization: string | undefined, signal: AbortSignal): HttpClient {
  return {
    async request({ url, method = 'GET', headers = {}, body }) {
      const chunks: Uint8Array[] = [];
      if (body !== undefined) for await (const chunk of body) chunks.push(chunk);
      const response = await fetch(url, {
        method,
        headers: { ...headers, ...(authorization === undefined ? {} : { authorization }) },
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

async function* bytesOf(response: Response): AsyncIterableIterator<Uint8Array> {
  if (response.body === null) return;
  for await (const chunk of response.body) yield Buffer.from(chunk);
}
