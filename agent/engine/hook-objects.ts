import { formatRef, type ObjectRef, parseRef } from '../../core/object-ref.ts';
import { resolveKind } from '../plan/resource-index.ts';
import type { EngineServices } from './engine-services.ts';

/**
 * The objects that an application's hooks have left on the cluster: by reference, with the uid that we created. They
 * are in no inventory, so that this is what keeps them from being forgotten when their hooks leave Git.
 */
export class HookObjects {
  readonly #services: EngineServices;
  readonly #application: string;
  readonly #uids: Map<string, string>;

  constructor(services: EngineServices, application: string, kept: Readonly<Record<string, string>>) {
    this.#services = services;
    this.#application = application;
    this.#uids = new Map(Object.entries(kept));
  }

  get kept(): Readonly<Record<string, string>> {
    return Object.fromEntries(this.#uids);
  }

  add(ref: ObjectRef, uid: string): void {
    this.#uids.set(formatRef(ref), uid);
  }

  /** Deletes those that are chosen. Returns whether all of them are gone or on their way; the rest is tried again. */
  async delete(isChosen: (key: string) => boolean): Promise<boolean> {
    const chosen = [...this.#uids].filter(([key]) => isChosen(key));
    const results = await Promise.all(chosen.map(([key, uid]) => this.#deleteOne(key, uid)));
    return results.every((isGone) => isGone);
  }

  async #deleteOne(key: string, uid: string): Promise<boolean> {
    const { kube, catalog, limiter, log } = this.#services;
    const ref = parseRef(key);
    const found = ref === undefined ? undefined : resolveKind(catalog.index, ref.group, ref.kind);
    if (ref === undefined || found?.type === 'absent') return this.#forget(key, uid);
    if (found?.type !== 'served') return false;
    const answer = await limiter.run(this.#application, () => kube.delete(found.resource, ref, { uid }));
    // Of another uid: somebody made another one, which is none of ours.
    if (answer.type === 'ok' || answer.failure.status === 409) return this.#forget(key, uid);
    log.warn(
      { application: this.#application, hook: key, error: answer.failure.message },
      'hook not deleted',
    );
    return false;
  }

  #forget(key: string, uid: string): boolean {
    if (this.#uids.get(key) === uid) this.#uids.delete(key);
    return true;
  }
}
