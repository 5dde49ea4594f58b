import { Pool } from 'undici';
import { collectionPath } from '../agent/kube/paths.ts';
import type { KubeObject } from '../core/kube-object.ts';
import { groupOf } from '../core/object-ref.ts';
import type { ControlPlane } from '../test/clusters/control-plane.ts';
import { configMap } from './fleet.ts';

/** Server-side apply by bare requests: HTTP/2, 32 in flight, nothing read, compared or remembered. */
export class RawWriter {
  readonly #pool: Pool;
  readonly #token: string;
  readonly #namespace: string;

  constructor(cluster: ControlPlane, namespace: string) {
    this.#pool = new Pool(cluster.server, {
      connections: 1,
      pipelining: 32,
      allowH2: true,
      connect: { ca: cluster.caPem },
    });
    this.#token = cluster.token;
    this.#namespace = namespace;
  }

  /** Applies the ConfigMaps of these names at a version; gives the seconds it took. */
  async applyAll(names: readonly string[], version: string): Promise<number> {
    return this.applyObjects(names.map((name) => this.#configMap(name, version)));
  }

  /** Applies one ConfigMap; gives the seconds it took. */
  async apply(name: string, version: string): Promise<number> {
    return this.applyObjects([this.#configMap(name, version)]);
  }

  /** Applies objects, 32 at a time; gives the seconds it took. */
  async applyObjects(objects: readonly KubeObject[]): Promise<number> {
    const start = performance.now();
    const queue = objects.values();
    const run = async (): Promise<void> => {
      for (const object of queue) await this.#send(object);
    };
    await Promise.all(Array.from({ length: 32 }, run));
    return (performance.now() - start) / 1000;
  }

  #send(object: KubeObject): Promise<void> {
    return this.#patch(
      `${pathOf(object)}?fieldManager=raw&force=true`,
      object,
      'application/apply-patch+yaml',
    );
  }

  async #patch(path: string, patch: object, type: string): Promise<void> {
    const { statusCode, body } = await this.#pool.request({
      method: 'PATCH',
      path,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': type },
      body: JSON.stringify(patch),
    });
    const text = await body.text();
    if (statusCode >= 300) throw new Error(`raw write to ${path}: ${statusCode} ${text}`);
  }

  /** Merges patches, 32 at a time; gives the seconds it took. */
  async mergeAll(patches: readonly { readonly path: string; readonly patch: object }[]): Promise<number> {
    const start = performance.now();
    const queue = patches.values();
    const run = async (): Promise<void> => {
      for (const { path, patch } of queue)
        await this.#patch(`${path}?fieldManager=raw`, patch, 'application/merge-patch+json');
    };
    await Promise.all(Array.from({ length: 32 }, run));
    return (performance.now() - start) / 1000;
  }

  #configMap(name: string, version: string): KubeObject {
    const object = configMap(name, version) as KubeObject;
    return { ...object, metadata: { ...object.metadata, namespace: this.#namespace } };
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}

/** Plurals as English makes them do for every kind that is measured. */
export function pathOf({ apiVersion, kind, metadata }: KubeObject): string {
  const group = groupOf(apiVersion);
  const version = group === '' ? apiVersion : apiVersion.slice(group.length + 1);
  const { namespace = '', name = '' } = metadata;
  const plural = pluralOf(kind.toLowerCase());
  return `${collectionPath({ group, version, plural, namespaced: namespace !== '' }, namespace)}/${name}`;
}

function pluralOf(singular: string): string {
  if (singular.endsWith('y')) return `${singular.slice(0, -1)}ies`;
  return singular.endsWith('s') ? `${singular}es` : `${singular}s`;
}
