import { isIP } from 'node:net';
import { checkServerIdentity } from 'node:tls';
import { ChannelCredentials, type ChannelOptions } from '@grpc/grpc-js';

/** What is needed to dial a hub: its address, the CA that it must be of, and our own key once there is one. */
export interface HubTarget {
  readonly hub: string;
  /** PEM. */
  readonly authority: string;
  /** PEM; both or none. */
  readonly key?: string;
  readonly certificate?: string;
}

/** Host and port of `host:port` or `[v6]:port`. */
export function splitAddress(address: string): { readonly host: string; readonly port: number } {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  return { host, port: Number(address.slice(colon + 1)) };
}

/** Credentials that trust one CA and check the hub's name. */
export function channelCredentials(target: HubTarget): ChannelCredentials {
  const { host } = splitAddress(target.hub);
  const { key, certificate } = target;
  return ChannelCredentials.createSsl(
    Buffer.from(target.authority),
    key === undefined ? null : Buffer.from(key),
    certificate === undefined ? null : Buffer.from(certificate),
    { checkServerIdentity: (_name, served) => checkServerIdentity(host, served) },
  );
}

/** Both ends ping, so that each notices a dead peer by itself. Each dial starts afresh: waiting between them is ours. */
export function channelOptions(hub: string): ChannelOptions {
  return {
    'grpc.keepalive_time_ms': 10_000,
    'grpc.keepalive_timeout_ms': 5_000,
    'grpc.keepalive_permit_without_calls': 1,
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    'grpc.max_receive_message_length': 8 * 1024 * 1024,
    // TLS has no server names for addresses (RFC 6066, section 3); the check above still goes by the address.
    ...(isIP(splitAddress(hub).host) === 0 ? {} : { 'grpc.ssl_target_name_override': 'localhost' }),
  };
}
