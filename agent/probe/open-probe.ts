import { createServer, type Server, type ServerResponse } from 'node:http';
import { listenError } from '../../core/listen-error.ts';
import type { Log } from '../../core/log.ts';
import type { AgentFigures } from './figures.ts';
import { createMetrics, type RequestFigure } from './metrics.ts';

export interface ProbeOptions {
  /** An empty host: every address of this machine. Port 0 lets the kernel choose. */
  readonly listen: { readonly host: string; readonly port: number };
  readonly version: string;
  readonly cluster: string;
  /** Asked for each answer. */
  readonly figures: () => AgentFigures;
  readonly log: Log;
}

export interface Probe {
  readonly port: number;
  /** One request to the API server, or the opening of a watch. */
  countRequest(request: RequestFigure): void;
  close(): Promise<void>;
}

/**
 * What a kubelet and Prometheus ask an agent, over plain HTTP. `/healthz` answers while the process does: nothing outside
 * of it (hub, API server) may restart it, since an agent that goes on alone is worth more than a fresh one. `/readyz` says
 * whether it keeps its cluster. Throws AppError where the address can't be listened on.
 */
export async function openProbe({ listen, figures, log, ...identity }: ProbeOptions): Promise<Probe> {
  const metrics = createMetrics(identity, figures);
  const server = createServer((request, response) => {
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    if (!isRead) return answer(response, 405, 'only GET is answered here');
    const [path] = (request.url ?? '/').split('?');
    switch (path) {
      case '/healthz':
        return answer(response, 200, 'ok');
      case '/readyz': {
        const { unready } = figures();
        return unready === undefined ? answer(response, 200, 'ok') : answer(response, 503, unready);
      }
      case '/metrics':
        metrics.write().then(
          (text) => answer(response, 200, text, metrics.contentType),
          (error: unknown) => {
            log.error({ err: error }, 'metrics cannot be written');
            answer(response, 500, 'metrics cannot be written');
          },
        );
        return;
      default:
        return answer(response, 404, 'there are /healthz, /readyz and /metrics');
    }
  });
  return {
    port: await startListening(server, listen),
    countRequest: metrics.countRequest,
    close: () => stop(server),
  };
}

async function startListening(server: Server, { host, port }: ProbeOptions['listen']): Promise<number> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ port, ...(host === '' ? {} : { host }) }, resolve);
    });
  } catch (error) {
    throw listenError(error, {
      what: "the agent's probes",
      address: `${host}:${port}`,
      flag: '--probe-listen',
    });
  }
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}

async function stop(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

function answer(
  response: ServerResponse,
  status: number,
  text: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
  response.end(text.endsWith('\n') ? text : `${text}\n`);
}
