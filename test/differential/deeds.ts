import type { KubePort, KubeResult } from '../../agent/ports.ts';
import type { Drift } from '../../core/drift.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { refOf } from '../../core/kube-object.ts';
import { formatRef, type ObjectRef } from '../../core/object-ref.ts';

/** One write of the engine. */
export interface Deed {
  /** The drift that was open when the write was asked for. */
  readonly told: Drift | undefined;
  /** The version that the last dry-run before it began from; '' where there was none. */
  readonly lookedAt: string;
  /** Whether nothing was applied to this very object before. */
  readonly isFirst: boolean;
}

/** What the engine writes, by the versions that come of it: stands between it and the API server. */
export class Deeds {
  readonly #toldOf: (key: string) => Drift | undefined;
  readonly #byVersion = new Map<string, Deed>();
  readonly #lookedAt = new Map<string, string>();
  readonly #applied = new Set<string>();

  constructor(toldOf: (key: string) => Drift | undefined) {
    this.#toldOf = toldOf;
  }

  /** The one that made this version, where it was the engine's. */
  of({ metadata }: KubeObject): Deed | undefined {
    return this.#byVersion.get(metadata.resourceVersion ?? '');
  }

  readonly between = (kube: KubePort): KubePort => ({
    ...kube,
    apply: async (resource, object, options) => {
      const ref = refOf(object);
      if (!options.dryRun) {
        const written = await this.#writes(ref, () => kube.apply(resource, object, options));
        if (written.type === 'ok') this.#applied.add(written.object.metadata.uid ?? '');
        return written;
      }
      const answer = await kube.apply(resource, object, options);
      if (answer.type === 'ok') {
        this.#lookedAt.set(formatRef(ref), answer.object.metadata.resourceVersion ?? '');
      }
      return answer;
    },
    jsonPatch: (resource, ref, patch, options) =>
      options.dryRun === true
        ? kube.jsonPatch(resource, ref, patch, options)
        : this.#writes(ref, () => kube.jsonPatch(resource, ref, patch, options)),
    patch: (resource, ref, patch, options) =>
      this.#writes(ref, () => kube.patch(resource, ref, patch, options)),
    create: (resource, object) => this.#writes(refOf(object), () => kube.create(resource, object)),
    update: (resource, object) => this.#writes(refOf(object), () => kube.update(resource, object)),
  });

  async #writes(ref: ObjectRef, write: () => Promise<KubeResult>): Promise<KubeResult> {
    const key = formatRef(ref);
    const before = { told: this.#toldOf(key), lookedAt: this.#lookedAt.get(key) ?? '' };
    const answer = await write();
    if (answer.type === 'ok') {
      const deed: Deed = { ...before, isFirst: !this.#applied.has(answer.object.metadata.uid ?? '') };
      // A write that changed nothing answers with somebody else's version, which may be an earlier one of ours.
      const version = answer.object.metadata.resourceVersion ?? '';
      if (!this.#byVersion.has(version)) this.#byVersion.set(version, deed);
    }
    return answer;
  }
}
