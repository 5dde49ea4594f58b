/** A kubeconfig; without `path` those of `KUBECONFIG`, else `~/.kube/config`; without `context` its current one. */
export interface KubeconfigSource {
  readonly type: 'kubeconfig';
  readonly path?: string;
  readonly context?: string;
}

/** What identifies both ends of a TLS connection; PEM texts. */
export interface TlsIdentity {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  /** The name that the server's certificate must carry, where it isn't the one in the address. */
  readonly servername?: string;
  readonly rejectUnauthorized?: boolean;
}

export interface Credentials {
  /** Headers that say who asks. */
  readonly headers: Readonly<Record<string, string>>;
  readonly tls: TlsIdentity;
}

/** How to reach one API server. */
export interface Connection {
  /** Address, such as `https://10.0.0.1:443`. */
  readonly server: string;
  /** Where the credentials are from, for messages: `context dev of /home/me/.kube/config`. */
  readonly origin: string;
  /** Asked before each request; cheap unless they expired. Throws AppError where none can be had. */
  credentials(): Promise<Credentials>;
  /** Forgets what was cached: the API server didn't accept it, or its certificate is of another authority. */
  renew(): void;
}

export interface ConnectionSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds on a clock that doesn't go back. */
  readonly now: () => number;
}

/** One reading serves all who ask within `maxAgeMs`, or while it goes on; a failed one isn't kept. */
export function cacheCredentials(
  read: () => Promise<Credentials>,
  maxAgeMs: number,
  now: () => number,
): Pick<Connection, 'credentials' | 'renew'> {
  let cached: { readonly at: number; readonly value: Promise<Credentials> } | undefined;
  return {
    credentials() {
      if (cached !== undefined && now() - cached.at < maxAgeMs) return cached.value;
      const entry = { at: now(), value: read() };
      cached = entry;
      entry.value.catch(() => {
        if (cached === entry) cached = undefined;
      });
      return entry.value;
    },
    renew() {
      cached = undefined;
    },
  };
}
