import { openKube } from '../agent/kube/client.ts';
import { openConnection } from '../agent/kube/connection.ts';
import type { KubePort, Watch } from '../agent/ports.ts';
import { partOfLabel } from '../core/tracking.ts';
import type { ControlPlane } from '../test/clusters/control-plane.ts';

const configMaps = {
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  namespaced: true,
  verbs: [],
};

/** The applied ConfigMaps as the API server tells them, so that "applied" needs no question. */
export class LiveView {
  readonly #kube: KubePort;
  readonly #versions = new Map<string, string>();
  #watch: Watch | undefined;
  #waiter: { check(): boolean; resolve(): void } | undefined;

  private constructor(kube: KubePort) {
    this.#kube = kube;
  }

  static async open(cluster: ControlPlane): Promise<LiveView> {
    const { server, caPem, token } = cluster;
    const view = new LiveView(openKube(await openConnection({ type: 'explicit', server, caPem, token })));
    view.#watch = view.#kube.watch(
      configMaps,
      { labelSelector: partOfLabel },
      {
        onSynced: () => undefined,
        onObject: (object) =>
          view.#set(object.metadata.name ?? '', object['data'] as { version?: string } | undefined),
        onDeleted: (object) => view.#set(object.metadata.name ?? '', undefined),
        onProblem: () => undefined,
      },
    );
    return view;
  }

  /** Resolves when every one of these has this version; rejects after two limits' worth of patience. */
  async until(names: readonly string[], version: string, limitMs = 300_000): Promise<void> {
    const missing = (): number => names.filter((name) => this.#versions.get(name) !== version).length;
    if (missing() === 0) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`${missing()} of ${names.length} still lack ${version}`)),
        limitMs,
      );
      this.#waiter = {
        check: () => missing() === 0,
        resolve() {
          clearTimeout(timer);
          resolve();
        },
      };
    });
  }

  /** Edits one by hand, as `kubectl edit` would. */
  async edit(namespace: string, name: string, version: string): Promise<void> {
    const ref = { group: '', kind: 'ConfigMap', namespace, name };
    const result = await this.#kube.patch(
      configMaps,
      ref,
      { data: { version } },
      { manager: 'kubectl-edit' },
    );
    if (result.type === 'failed') throw new Error(result.failure.message);
  }

  async close(): Promise<void> {
    this.#watch?.close();
    await this.#kube.close();
  }

  #set(name: string, data: { version?: string } | undefined): void {
    if (data?.version === undefined) this.#versions.delete(name);
    else this.#versions.set(name, data.version);
    if (this.#waiter?.check() !== true) return;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    waiter.resolve();
  }
}
