import { openKube } from '../../agent/kube/client.ts';
import { openConnection } from '../../agent/kube/connection.ts';
import type { ApiResource, KubePort, Watch } from '../../agent/ports.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { KubeClient } from '../clusters/kube-client.ts';
import type { ClusterAccess } from '../clusters/kubeconfig.ts';
import { patiently } from './patiently.ts';
import { finishWorkload } from './tiny-controller.ts';

const resource = (group: string, version: string, kind: string, plural: string): ApiResource => ({
  group,
  version,
  kind,
  plural,
  namespaced: true,
  verbs: ['list', 'watch'],
});

/** The kinds that scenarios are made of. */
export const watched: readonly ApiResource[] = [
  resource('', 'v1', 'ConfigMap', 'configmaps'),
  resource('', 'v1', 'Secret', 'secrets'),
  resource('apps', 'v1', 'Deployment', 'deployments'),
  resource('batch', 'v1', 'Job', 'jobs'),
];

/**
 * Watches a cluster beside the agents: every object that ever was, by uid, so that one that was deleted and made again,
 * or a hook that ran twice, can't hide. It also completes Jobs and Deployments, which nothing else does there.
 */
export class Witness {
  readonly #kube: KubePort;
  readonly #client: KubeClient;
  readonly #watches: readonly Watch[];
  /** `namespace/Kind/name` → uids in the order of their appearance. */
  readonly #seen = new Map<string, string[]>();
  readonly #live = new Map<string, string>();
  readonly #problems: string[] = [];

  private constructor(kube: KubePort, client: KubeClient) {
    this.#kube = kube;
    this.#client = client;
    this.#watches = watched.map((kind) =>
      kube.watch(
        kind,
        {},
        {
          onSynced: (live) => this.#synced(kind, live),
          onObject: (object) => this.#saw(kind, object),
          onDeleted: (object) => this.#live.delete(keyOf(kind, object)),
          onProblem: () => undefined,
        },
      ),
    );
  }

  static async open(access: ClusterAccess, client: KubeClient): Promise<Witness> {
    const { server, caPem, token } = access;
    return new Witness(openKube(await openConnection({ type: 'explicit', server, caPem, token })), client);
  }

  /** `Kind/name` → uids, of one namespace. */
  seen(namespace: string): ReadonlyMap<string, readonly string[]> {
    return this.#of(namespace, this.#seen);
  }

  /** `Kind/name` → uid of what is there now, as far as the watches have told. */
  live(namespace: string): ReadonlyMap<string, string> {
    return this.#of(namespace, this.#live);
  }

  get problems(): readonly string[] {
    return this.#problems;
  }

  async close(): Promise<void> {
    for (const watch of this.#watches) watch.close();
    await this.#kube.close();
  }

  #of<T>(namespace: string, all: ReadonlyMap<string, T>): ReadonlyMap<string, T> {
    const prefix = `${namespace}/`;
    return new Map(
      [...all].flatMap(([key, value]): [string, T][] =>
        key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [],
      ),
    );
  }

  #synced(kind: ApiResource, live: ReadonlySet<string>): void {
    for (const key of this.#live.keys()) {
      const [namespace = '', ofKind = '', name = ''] = key.split('/');
      if (ofKind === kind.kind && !live.has(`${namespace}/${name}`)) this.#live.delete(key);
    }
  }

  #saw(kind: ApiResource, object: KubeObject): void {
    const key = keyOf(kind, object);
    const uid = object.metadata.uid ?? '';
    const uids = this.#seen.get(key) ?? [];
    if (!uids.includes(uid)) this.#seen.set(key, [...uids, uid]);
    this.#live.set(key, uid);
    patiently(() => finishWorkload(this.#client, kind.kind, object)).catch((error: unknown) =>
      this.#problems.push(`${key}: ${String(error)}`),
    );
  }
}

function keyOf(kind: ApiResource, { metadata }: KubeObject): string {
  return `${metadata.namespace}/${kind.kind}/${metadata.name}`;
}
