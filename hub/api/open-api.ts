import type { AddressInfo } from 'node:net';
import { AppError } from '../../core/error.ts';
import { listenError } from '../../core/listen-error.ts';
import type { ApiContext } from './context.ts';
import { createApi } from './create-api.ts';

interface ApiOptions extends ApiContext {
  /** Port 0 takes a free one. */
  readonly listen: { readonly host: string; readonly port: number };
}

/** The HTTP API, listening. */
export interface OpenApi {
  /** `http://host:port`. */
  readonly address: string;
  /** Ends live views and connections, and returns once nothing is open. */
  close(): Promise<void>;
}

/** Serves the API. Throws AppError `invalid` without any token, `unavailable` where the address can't be had. */
export async function openApi(options: ApiOptions): Promise<OpenApi> {
  const { listen, ...context } = options;
  if (context.tokens.filter((token) => token !== '').length === 0) {
    throw new AppError('invalid', 'the API has no token, so nobody could use it', {
      remedy: 'Configure at least one API token',
    });
  }
  const api = await createApi(context);
  try {
    await api.listen(listen);
  } catch (error) {
    await api.close();
    const address = `${listen.host}:${listen.port}`;
    throw listenError(error, { what: 'the API', address, flag: '--api-listen' });
  }
  return { address: addressOf(api.server.address() as AddressInfo), close: () => api.close() };
}

function addressOf(address: AddressInfo): string {
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
