/** What a kubeconfig needs to know of a cluster. */
export interface ClusterAccess {
  /** Name of the cluster, its context and its user. */
  readonly name: string;
  /** Address of the API server. */
  readonly server: string;
  /** The authority that signed the server's certificate. */
  readonly caPem: string;
  /** Bearer token. */
  readonly token: string;
}

/**
 * Encodes a kubeconfig with one context for each cluster, named after it; the
 * first is the current one. It is JSON, which every reader of YAML reads.
 */
export function encodeKubeconfig(clusters: readonly ClusterAccess[]): string {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': clusters[0]?.name ?? '',
    clusters: clusters.map(({ name, server, caPem }) => ({
      name,
      cluster: { server, 'certificate-authority-data': Buffer.from(caPem).toString('base64') },
    })),
    users: clusters.map(({ name, token }) => ({ name, user: { token } })),
    contexts: clusters.map(({ name }) => ({ name, context: { cluster: name, user: name } })),
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
