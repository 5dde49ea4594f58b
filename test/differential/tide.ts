import { isOlder } from '../../agent/plan/judge-live.ts';
import type { KubePort } from '../../agent/ports.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { partOf, partOfLabel } from '../../core/tracking.ts';
import type { KubeClient } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { getAt } from './object-path.ts';
import { manifestOf, type Specimen } from './specimen.ts';

const limit = { limitMs: 60_000, everyMs: 2 };

/**
 * Tells when the engine was given everything that was written: each kind has a mark, an object of nobody that its watch
 * sees. Events of one kind come in the order of their writes, so once the mark's newest version has come, all before has.
 */
export class Tide {
  readonly #seen = new Map<string, string>();
  readonly #marks: readonly KubeObject[];
  readonly #name: string;

  constructor(specimens: readonly Specimen[], namespace: string, name: string) {
    this.#name = name;
    this.#marks = specimens.map((specimen) => {
      const manifest = manifestOf(specimen, name, namespace);
      const labels = { [partOfLabel]: partOf('nobody/tide') };
      return { ...manifest, metadata: { ...manifest.metadata, labels } };
    });
  }

  /** Stands between the engine and the API server, and sees what the engine sees. */
  readonly between = (kube: KubePort): KubePort => ({
    ...kube,
    watch: (resource, options, handler) =>
      kube.watch(resource, options, {
        ...handler,
        onSynced: (live, version) => handler.onSynced(live, version),
        onDeleted: (object) => handler.onDeleted(object),
        onProblem: (failure) => handler.onProblem(failure),
        onObject: (object, arrival) => {
          handler.onObject(object, arrival);
          if (object.metadata.name === this.#name) {
            this.#seen.set(`${resource.group}/${resource.kind}`, object.metadata.resourceVersion ?? '');
          }
        },
      }),
  });

  async create(client: KubeClient): Promise<void> {
    await Promise.all(this.#marks.map((mark) => client.create(mark)));
  }

  /** Resolves when all that was written before it was called has reached the engine. */
  async passed(client: KubeClient): Promise<void> {
    const at = new Date().toISOString();
    const written = await Promise.all(
      this.#marks.map(async (mark) => {
        const { kind, apiVersion, metadata } = mark;
        const annotations = { metadata: { annotations: { 'example.com/tide': `${at}-${Math.random()}` } } };
        const object = { apiVersion, kind, name: this.#name, namespace: metadata.namespace ?? '' };
        const answer = await client.patch(object, annotations);
        const group = apiVersion.includes('/') ? apiVersion.replace(/\/.*/, '') : '';
        return {
          key: `${group}/${kind}`,
          version: String(getAt(answer as KubeObject, ['metadata', 'resourceVersion'])),
        };
      }),
    );
    await waitUntil(
      'the watches have shown all that was written',
      () => written.every(({ key, version }) => !isOlder(this.#seen.get(key) ?? '0', version)),
      { ...limit, detail: () => JSON.stringify([written, [...this.#seen]]) },
    );
  }
}
