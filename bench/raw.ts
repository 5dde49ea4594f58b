import { Pool } from 'undici';
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
    const start = performance.now();
    const queue = names.values();
    const run = async (): Promise<void> => {
      for (const name of queue) await this.apply(name, version);
    };
    await Promise.all(Array.from({ length: 32 }, run));
    return (performance.now() - start) / 1000;
  }

  /** Applies one; gives the seconds it took. */
  async apply(name: string, version: string): Promise<number> {
    const start = performance.now();
    const object = configMap(name, version) as { metadata: object };
    const { statusCode, body } = await this.#pool.request({
      method: 'PATCH',
      path: `/api/v1/namespaces/${this.#namespace}/configmaps/${name}?fieldManager=raw&force=true`,
      headers: { authorization: `Bearer ${this.#token}`, 'content-type': 'application/apply-patch+yaml' },
      body: JSON.stringify({ ...object, metadata: { ...object.metadata, namespace: this.#namespace } }),
    });
    const text = await body.text();
    if (statusCode >= 300) throw new Error(`raw apply of ${name}: ${statusCode} ${text}`);
    return (performance.now() - start) / 1000;
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}
