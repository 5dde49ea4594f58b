import { openKube } from '../agent/kube/client.ts';
import { openConnection } from '../agent/kube/connection.ts';
import type { ApiResource, KubePort, Watch } from '../agent/ports.ts';
import type { JsonObject } from '../core/json.ts';
import { partOfLabel } from '../core/tracking.ts';
import type { ControlPlane } from '../test/clusters/control-plane.ts';

/** What somebody changes: one field of an object of one kind, and how it is called among `many-objects.ts`. */
export interface Edit {
  readonly resource: ApiResource;
  /** Which of an application's objects is of this kind. */
  readonly object: number;
  readonly patch: JsonObject;
}

function resource(group: string, version: string, kind: string, plural: string): ApiResource {
  return { group, version, kind, plural, namespaced: true, verbs: [] };
}

export const deployments: Edit = {
  resource: resource('apps', 'v1', 'Deployment', 'deployments'),
  object: 7,
  patch: { spec: { replicas: 3 } },
};

export const configMaps: Edit = {
  resource: resource('', 'v1', 'ConfigMap', 'configmaps'),
  object: 0,
  patch: { data: { version: 'by hand' } },
};

/** Kinds with a generation and without. */
export const edits: readonly Edit[] = [
  configMaps,
  deployments,
  {
    resource: resource('batch', 'v1', 'CronJob', 'cronjobs'),
    object: 11,
    patch: { spec: { schedule: '0 4 * * *' } },
  },
  {
    resource: resource('policy', 'v1', 'PodDisruptionBudget', 'poddisruptionbudgets'),
    object: 14,
    patch: { spec: { maxUnavailable: 50 } },
  },
  {
    resource: resource('autoscaling', 'v2', 'HorizontalPodAutoscaler', 'horizontalpodautoscalers'),
    object: 15,
    patch: { spec: { maxReplicas: 50 } },
  },
];

/** Somebody who edits objects and sees each edit by a bare watch of its kind. */
export class Editor {
  readonly #kube: KubePort;
  readonly #watches: Watch[] = [];
  readonly #waiting = new Map<string, () => void>();

  private constructor(kube: KubePort) {
    this.#kube = kube;
  }

  static async open(cluster: ControlPlane): Promise<Editor> {
    const { server, caPem, token } = cluster;
    const editor = new Editor(openKube(await openConnection({ type: 'explicit', server, caPem, token })));
    await Promise.all(edits.map((edit) => editor.#watch(edit.resource)));
    return editor;
  }

  /** Resolves to when the edit was seen, on the clock of `performance`. */
  async edit({ resource, patch }: Edit, namespace: string, name: string): Promise<number> {
    const ref = { group: resource.group, kind: resource.kind, namespace, name };
    const seen = new Promise<number>((resolve) => {
      this.#waiting.set(`${resource.kind}/${name}`, () => resolve(performance.now()));
    });
    const result = await this.#kube.patch(resource, ref, patch, { manager: 'kubectl-edit' });
    if (result.type === 'failed') throw new Error(result.failure.message);
    return seen;
  }

  async close(): Promise<void> {
    for (const watch of this.#watches) watch.close();
    await this.#kube.close();
  }

  #watch(resource: ApiResource): Promise<void> {
    return new Promise((resolve) => {
      const watch = this.#kube.watch(
        resource,
        { labelSelector: partOfLabel },
        {
          onSynced: () => resolve(),
          onObject: ({ metadata }, arrival) => {
            if (arrival === 'written') this.#seen(`${resource.kind}/${metadata.name}`);
          },
          onDeleted: () => undefined,
          onProblem: () => undefined,
        },
      );
      this.#watches.push(watch);
    });
  }

  #seen(key: string): void {
    this.#waiting.get(key)?.();
    this.#waiting.delete(key);
  }
}
