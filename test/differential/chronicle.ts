import type { KubePort, Watch } from '../../agent/ports.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { formatRef } from '../../core/object-ref.ts';
import { waitUntil } from '../clusters/wait.ts';
import type { Specimen } from './specimen.ts';

/** One version of an object, or its end. */
export interface Entry {
  readonly type: 'there' | 'gone';
  /** Of an end: as it was last, at the version of its deletion. */
  readonly object: KubeObject;
}

/** Every version of every object of some kinds, as the API server tells them in their order: by watches of its own. */
export class Chronicle {
  readonly #kube: KubePort;
  readonly #watches: Watch[] = [];
  readonly #entries = new Map<string, Entry[]>();

  constructor(kube: KubePort) {
    this.#kube = kube;
  }

  /** Resolves once all that is there was seen. */
  async open(specimens: readonly Specimen[], namespace: string): Promise<void> {
    const { resources } = await this.#kube.discover();
    await Promise.all(
      specimens.map(({ apiVersion, kind, scope }) => {
        const resource = resources.find(
          (one) =>
            one.kind === kind && `${one.group === '' ? '' : `${one.group}/`}${one.version}` === apiVersion,
        );
        if (resource === undefined) throw new Error(`${kind} of ${apiVersion} isn't served`);
        const options = scope === 'cluster' ? {} : { namespace };
        const note = (type: Entry['type'], object: KubeObject): void => {
          const { name = '', namespace: place = '' } = object.metadata;
          const key = formatRef({ group: resource.group, kind, namespace: place, name });
          const whole = { ...object, apiVersion, kind };
          this.#entries.set(key, [...(this.#entries.get(key) ?? []), { type, object: whole }]);
        };
        return new Promise<void>((resolve) => {
          this.#watches.push(
            this.#kube.watch(resource, options, {
              onSynced: () => resolve(),
              onObject: (object) => note('there', object),
              onDeleted: (object) => note('gone', object),
              onProblem: () => undefined,
            }),
          );
        });
      }),
    );
  }

  /** All since it was forgotten, the one that was the last then first. */
  entriesOf(key: string): readonly Entry[] {
    return this.#entries.get(key) ?? [];
  }

  /** Resolves once an object's last version is this one; `undefined`: it is gone. */
  async reaches(key: string, version: string | undefined): Promise<void> {
    const isReached = (): boolean => {
      const last = this.entriesOf(key).at(-1);
      if (version === undefined) return last?.type !== 'there';
      return last?.type === 'there' && last.object.metadata.resourceVersion === version;
    };
    await waitUntil(`version ${version ?? 'gone'} of ${key} was seen`, isReached, {
      limitMs: 60_000,
      everyMs: 2,
    });
  }

  forget(key: string): void {
    this.#entries.set(key, this.entriesOf(key).slice(-1));
  }

  async close(): Promise<void> {
    for (const watch of this.#watches) watch.close();
    await this.#kube.close();
  }
}
