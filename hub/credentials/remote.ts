import type { TestStep } from './describe-test.ts';

/** Which proxy an address is reached through. */
export type ProxyChoice =
  | { readonly type: 'environment' }
  /** Its URL may hold a user and a password. */
  | { readonly type: 'url'; readonly url: string; readonly noProxy: readonly string[] };

/**
 * How one URL is reached: what its server is shown, whom to trust, which way. Holds secrets: nothing of it may be
 * logged, stored, or stand on a command line but the paths of files.
 */
export interface RemoteAccess {
  /** Name of the entry that was chosen; `undefined`: none fits, the server is shown nothing. */
  readonly entry: string | undefined;
  /** Value of HTTP's `Authorization` header. */
  readonly authorization: string | undefined;
  /** User and password where a protocol wants them apart, such as the token service of an OCI registry. */
  readonly login: { readonly username: string; readonly password: string } | undefined;
  /** Path of certificate authorities in PEM. */
  readonly caFile: string | undefined;
  readonly clientCertificate: { readonly certificateFile: string; readonly keyFile: string } | undefined;
  readonly proxy: ProxyChoice;
  /** Paths, for ssh. The private key's file is the hub's alone (0600). */
  readonly ssh: { readonly keyFile: string | undefined; readonly knownHostsFile: string | undefined };
  /**
   * A request with this entry's trust and proxy. Shows the server no credentials by itself: the caller adds
   * `authorization` where it belongs. Throws as `fetch` does.
   */
  readonly fetch: typeof fetch;
  /** A text that a server or tool wrote, without this entry's secrets. */
  redact(text: string): string;
}

/** What is known of a URL's credentials without using them. */
export interface RemoteEntry {
  readonly name: string;
  readonly urlPrefix: string;
  readonly place: string;
  /** What its servers are shown. */
  readonly kind: 'none' | 'password' | 'bearer' | 'ssh' | 'github-app';
}

/** The hub's credentials for repositories and registries. */
export interface RemotePort {
  /**
   * Credentials are read anew, so that a mounted Secret may change while the hub runs. Throws AppError `invalid`,
   * `not-found`, `unauthenticated` or `unavailable` naming the entry where its secret can't be had; never the secret.
   */
  access(url: string): Promise<RemoteAccess>;
  /** Which entry fits a URL. */
  entry(url: string): RemoteEntry | undefined;
  /** Name, connection and TLS of a URL's server, which is shown nothing. Throws AppError as `access` does. */
  probe(url: string): Promise<readonly TestStep[]>;
  /** A server refused what it was shown: what was made for this URL, such as a token, is made anew next time. */
  refused(url: string): void;
  /** Why the list of credentials is not the newest: it can't be read now, and the last good one counts. */
  problem(): string | undefined;
  close(): Promise<void>;
}
