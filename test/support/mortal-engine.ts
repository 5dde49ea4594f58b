import type { KubePort, KubeResult, StatePort } from '../../agent/ports.ts';

/** When an engine dies: around the n-th request that writes, which the API server got or did not get. */
export interface Death {
  readonly write: number;
  readonly when: 'before' | 'after';
}

export interface Mortal {
  readonly state: StatePort;
  readonly isDead: () => boolean;
  between(kube: KubePort): KubePort;
}

const gone: KubeResult = {
  type: 'failed',
  failure: { status: 0, reason: '', message: 'the process is gone', causes: [] },
};

/**
 * What stands around an engine that dies at a moment: from then on nothing that it asks or keeps has any effect, as if
 * its process had been killed there. What it had kept is in `state`.
 */
export function mortal(state: StatePort, death: Death | undefined): Mortal {
  let writes = 0;
  let isDead = false;
  const write = async (send: () => Promise<KubeResult>): Promise<KubeResult> => {
    if (isDead) return gone;
    writes += 1;
    const isDue = writes === death?.write;
    if (isDue && death?.when === 'before') isDead = true;
    if (isDead) return gone;
    const answer = await send();
    if (isDue) isDead = true;
    return isDead ? gone : answer;
  };
  return {
    isDead: () => isDead,
    state: {
      ...state,
      saveDocument: async (name, value) => (isDead ? undefined : state.saveDocument(name, value)),
    },
    between: (kube) => ({
      ...kube,
      get: async (...request) => (isDead ? gone : kube.get(...request)),
      apply: (resource, object, options) =>
        options.dryRun
          ? kube.apply(resource, object, options)
          : write(() => kube.apply(resource, object, options)),
      patch: (...request) => write(() => kube.patch(...request)),
      jsonPatch: (...request) => write(() => kube.jsonPatch(...request)),
      create: (...request) => write(() => kube.create(...request)),
      update: (...request) => write(() => kube.update(...request)),
      delete: (...request) => write(() => kube.delete(...request)),
    }),
  };
}
