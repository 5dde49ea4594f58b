import type { IncomingMessage, ServerResponse } from 'node:http';
import { LineSplitter } from '../../agent/kube/lines.ts';

/** One request as the proxy got it. */
export interface ProxiedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
}

/** One open watch on its way through the proxy. */
export interface ProxiedWatch {
  readonly request: ProxiedRequest;
  /** From here on the API server's events wait: half-open, as far as the client can see. */
  hold(): void;
  /** What waits goes on, in order, and so does what follows. */
  release(): void;
  /** Sends an event of the test's own at once, also while others are held. */
  send(event: object): void;
  /** In good order, as at the end of `timeoutSeconds`. */
  end(): void;
  /** Without a goodbye; `half` writes the first part of an event before. */
  cut(half?: string): void;
}

const lineLimit = 64 * 1024 * 1024;

/** Passes the events of an answered watch line by line. Ends with either side. */
export function openProxiedWatch(
  request: ProxiedRequest,
  answered: IncomingMessage,
  outgoing: ServerResponse,
): ProxiedWatch {
  const lines = new LineSplitter(lineLimit);
  const held: string[] = [];
  let isHeld = false;
  outgoing.writeHead(200, { 'content-type': 'application/json' });
  outgoing.flushHeaders();
  /** An event may come between the end that a test asked for and the last byte of it: the client hears no more of it. */
  function write(text: string, onWritten?: () => void): void {
    if (outgoing.writableEnded) onWritten?.();
    else outgoing.write(text, onWritten);
  }
  answered.on('data', (chunk: Buffer) => {
    for (const line of lines.push(chunk)) {
      if (isHeld) held.push(line);
      else write(`${line}\n`);
    }
  });
  answered.on('end', () => {
    if (!isHeld) outgoing.end();
  });
  return {
    request,
    hold() {
      isHeld = true;
    },
    release() {
      isHeld = false;
      for (const line of held.splice(0)) write(`${line}\n`);
      if (answered.readableEnded) outgoing.end();
    },
    send: (event) => write(`${JSON.stringify(event)}\n`),
    end: () => void outgoing.end(),
    cut(half = '') {
      if (half === '') outgoing.socket?.destroy();
      else write(half, () => outgoing.socket?.destroy());
    },
  };
}
