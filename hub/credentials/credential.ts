/** Where a secret text stands. Messages name this, never the text. */
export type SecretSource =
  | { readonly type: 'text'; readonly text: string }
  /** As written: relative to the folder of the list. */
  | { readonly type: 'file'; readonly path: string }
  | { readonly type: 'variable'; readonly name: string };

/** What a server is shown. */
export type Authentication =
  | { readonly type: 'none' }
  /** HTTP's basic authentication; a token is a password here, with any name. */
  | { readonly type: 'password'; readonly username: SecretSource; readonly password: SecretSource }
  | { readonly type: 'bearer'; readonly token: SecretSource }
  /** Without a key, the ones that the hub's own SSH agent holds. */
  | { readonly type: 'ssh'; readonly privateKey: SecretSource | undefined }
  | {
      readonly type: 'github-app';
      readonly appId: string;
      readonly installationId: string;
      readonly privateKey: SecretSource;
      /** Of the API, without a slash at the end. */
      readonly baseUrl: string;
    };

/** One entry of the list of credentials: how repositories and registries below a prefix are reached. */
export interface Credential {
  /** For people: the entry's name, or its prefix where it has none. */
  readonly name: string;
  /** Such as `https://git.example.com/platform/`, `git@github.com:acme`, `oci://registry.example.com`. */
  readonly urlPrefix: string;
  /** File and line, for messages. */
  readonly place: string;
  readonly authentication: Authentication;
  /** Host keys in the form of known_hosts(5); without them, the machine's own. For ssh. */
  readonly knownHosts?: SecretSource;
  /** Certificate authorities in PEM: the only ones that are trusted for these URLs. */
  readonly ca?: SecretSource;
  readonly clientCertificate?: { readonly certificate: SecretSource; readonly key: SecretSource };
  /** Its URL may hold a user and a password. Absent: what the environment says (HTTPS_PROXY and so on). */
  readonly proxy?: SecretSource;
  /** Hosts that are reached without the proxy: `git.example.com`, `.example.com`, `host:port` or `*`. */
  readonly noProxy?: readonly string[];
}
