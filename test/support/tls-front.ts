import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import type { ClusterAccess } from '../clusters/kubeconfig.ts';

/** A certificate chain and its key, in one PEM text each. */
interface ServerPem {
  readonly cert: string;
  readonly key: string;
}

export interface TlsFront {
  readonly port: number;
  /** Shows another certificate from the next connection on, and ends those that are open. */
  show(pem: ServerPem): void;
  /** Ends every connection, as a restart of a load balancer does. */
  cutAll(): void;
  close(): Promise<void>;
}

/** Stands before a real API server with a certificate of its own; what passes it is not looked at. */
export async function openTlsFront(upstream: ClusterAccess, pem: ServerPem): Promise<TlsFront> {
  const { hostname, port } = new URL(upstream.server);
  const ALPNProtocols = ['http/1.1'];
  const open = new Set<TLSSocket>();
  const server = createServer({ ...pem, ALPNProtocols }, (incoming) => {
    const outgoing = connect({ host: hostname, port: Number(port), ca: upstream.caPem, ALPNProtocols });
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      open.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  // A client that doesn't trust the certificate.
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cutAll = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    cutAll,
    show(next) {
      server.setSecureContext({ ...next });
      cutAll();
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      cutAll();
      await closed;
    },
  };
}
