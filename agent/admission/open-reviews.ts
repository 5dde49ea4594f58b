import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, type Server } from 'node:https';
import { type Json, parseJson } from '../../core/json.ts';
import { listenError } from '../../core/listen-error.ts';
import type { Review, WriteFact } from '../plan/admission-fact.ts';
import type { ServingCertificate } from './make-certificate.ts';

export interface ReviewsOptions {
  /** An empty host: every address of this machine. Port 0 lets the kernel choose. */
  readonly listen: { readonly host: string; readonly port: number };
  /** The one path whose reviews count; whoever can reach the port but not read this path is answered, and not believed. */
  readonly path: string;
  readonly read: (body: Json | undefined) => Review;
  readonly onFact: (fact: WriteFact) => void;
}

export interface Reviews {
  readonly port: number;
  /** Until the first one, no connection is completed. Later ones count for new connections. */
  serve(certificate: ServingCertificate): void;
  close(): Promise<void>;
}

/** Two of the largest objects that etcd takes (the old and the new one), as JSON, and their envelope. */
const mostBodyBytes = 8 * 1024 * 1024;
const mostBytesAtOnce = 32 * 1024 * 1024;
const mostConnections = 256;
/** The API server itself waits a second. */
const slowMs = 2000;

/**
 * What the API server asks before it writes, over HTTPS. Every request is answered with `allowed: true`, before anything else is
 * done with it and whatever it holds: nobody's write waits for this, or is refused by it. Throws AppError where the address can't be
 * listened on.
 */
export async function openReviews(options: ReviewsOptions): Promise<Reviews> {
  let bytesAtOnce = 0;
  async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    let size = 0;
    try {
      const parts: AsyncIterable<Buffer> = request.iterator({ destroyOnReturn: false });
      for await (const chunk of parts) {
        size += chunk.length;
        bytesAtOnce += chunk.length;
        if (size > mostBodyBytes || bytesAtOnce > mostBytesAtOnce) return allow(response, '');
        chunks.push(chunk);
      }
    } catch {
      response.destroy();
      return;
    } finally {
      bytesAtOnce -= size;
    }
    const review = options.read(parseBody(Buffer.concat(chunks)));
    allow(response, review.uid);
    // In the same turn as the answer: the event of the write can't come before it.
    if (review.fact !== undefined && request.url?.split('?')[0] === options.path) options.onFact(review.fact);
  }
  const server = createServer(
    {
      requestTimeout: slowMs,
      headersTimeout: slowMs,
      handshakeTimeout: slowMs,
      connectionsCheckingInterval: 500,
    },
    (request, response) => void take(request, response),
  );
  server.maxConnections = mostConnections;
  return {
    port: await startListening(server, options.listen),
    serve: ({ key, certificate }) => server.setSecureContext({ key, cert: certificate }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function parseBody(body: Buffer): Json | undefined {
  try {
    return parseJson(body.toString());
  } catch {
    return undefined;
  }
}

function allow(response: ServerResponse, uid: string): void {
  const review = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid, allowed: true },
  };
  // A body that wasn't read to its end leaves nothing to go on with on this connection.
  const isWhole = response.req.complete;
  response.writeHead(200, {
    'content-type': 'application/json',
    ...(isWhole ? {} : { connection: 'close' }),
  });
  response.end(JSON.stringify(review));
}

async function startListening(server: Server, { host, port }: ReviewsOptions['listen']): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, ...(host === '' ? {} : { host }) }, resolve);
    });
  } catch (error) {
    throw listenError(error, {
      what: "the agent's admission reviews",
      address: `${host}:${port}`,
      flag: '--admission-listen',
    });
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
