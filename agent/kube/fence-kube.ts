import type { KubeFailure, KubePort, KubeResult } from '../ports.ts';

/** Our own reason for a write that was not sent, since this agent may not be the only one now. */
const fencedReason = 'FairleadFenced';

/**
 * The port of an agent that must hold something to write: while it doesn't, a write is answered here as if the API server
 * had not answered, and is tried again like one. Reads and dry-runs pass: they harm nobody.
 */
export function fenceKube(kube: KubePort, isHeld: () => boolean): KubePort {
  const fenced = async (send: () => Promise<KubeResult>): Promise<KubeResult> =>
    isHeld() ? send() : { type: 'failed', failure };
  return {
    ...kube,
    apply: (resource, object, options) =>
      options.dryRun
        ? kube.apply(resource, object, options)
        : fenced(() => kube.apply(resource, object, options)),
    patch: (resource, ref, patch, options) => fenced(() => kube.patch(resource, ref, patch, options)),
    jsonPatch: (resource, ref, patch, options) =>
      options.dryRun
        ? kube.jsonPatch(resource, ref, patch, options)
        : fenced(() => kube.jsonPatch(resource, ref, patch, options)),
    create: (resource, object) => fenced(() => kube.create(resource, object)),
    update: (resource, object) => fenced(() => kube.update(resource, object)),
    delete: (resource, ref, preconditions, options) =>
      fenced(() => kube.delete(resource, ref, preconditions, options)),
  };
}

const failure: KubeFailure = {
  status: 0,
  reason: fencedReason,
  message: 'not sent: the Lease of this agent could not be renewed, so that another one may work by now',
  causes: [],
};
