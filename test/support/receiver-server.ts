import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as it came in. */
export interface TakenRequest {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** How a service behaves: what it answers, or that it doesn't. */
export type Answer =
  | {
      readonly status: number;
      readonly body?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Takes the message and cuts the connection: the answer is lost. */
  | 'cut'
  /** Takes the message and says nothing. */
  | 'silent';

/** A local service that receivers send to. */
export interface ReceiverServer {
  readonly url: string;
  readonly requests: readonly TakenRequest[];
  /** What it does from here on. */
  answer: Answer;
  close(): Promise<void>;
}

export async function startReceiverServer(answer: Answer = { status: 200 }): Promise<ReceiverServer> {
  const requests: TakenRequest[] = [];
  const state = { answer };
  const server: Server = createServer((request, response) => {
    void take(request).then((taken) => {
      requests.push(taken);
      reply(response, state.answer);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return Object.assign(state, {
    url: `http://127.0.0.1:${port}`,
    requests,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

async function take(request: IncomingMessage): Promise<TakenRequest> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return { path: request.url ?? '', headers: request.headers, body };
}

function reply(response: ServerResponse, answer: Answer): void {
  if (answer === 'silent') return;
  if (answer === 'cut') {
    response.destroy();
    return;
  }
  response.writeHead(answer.status, answer.headers);
  response.end(answer.body ?? '');
}
