import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isJsonObject, type JsonObject, parseJson } from '../core/json.ts';
import type { Closers } from './closers.ts';

/** What stands for a team's incident channel: an HTTP server on loopback that keeps what it is told. */
export interface AlertReceiver {
  readonly url: string;
  /** Bodies that came so far, oldest first. */
  readonly received: readonly JsonObject[];
}

export async function openAlertReceiver(closers: Closers): Promise<AlertReceiver> {
  const received: JsonObject[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((text) => {
      const body = parseJson(text);
      if (isJsonObject(body)) received.push(body);
      response.writeHead(isJsonObject(body) ? 204 : 400).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.add(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, received };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
