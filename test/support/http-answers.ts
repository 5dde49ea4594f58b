import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as it came. */
export interface Asked {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Parsed JSON; `undefined` where there was no body. */
  readonly body: unknown;
}

export type HttpAnswer =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  /** The connection is cut without an answer. */
  | 'cut'
  /** There is never an answer. */
  | 'silence';

/** A server on loopback that answers as a test says, and notes what it was asked. */
export interface HttpAnswers {
  /** `http://127.0.0.1:port`. */
  readonly url: string;
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

export async function openHttpAnswers(answer: (asked: Asked) => HttpAnswer): Promise<HttpAnswers> {
  const asked: Asked[] = [];
  const server: Server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8');
    request.on('data', (chunk: string) => {
      text += chunk;
    });
    request.on('end', () => {
      const { method = '', url: path = '', headers } = request;
      const each = { method, path, headers, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
      asked.push(each);
      const given = answer(each);
      if (given === 'silence') return;
      if (given === 'cut') return void request.socket.destroy();
      const body = typeof given.body === 'string' ? given.body : JSON.stringify(given.body ?? {});
      response.writeHead(given.status, { 'content-type': 'application/json', ...given.headers }).end(body);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
