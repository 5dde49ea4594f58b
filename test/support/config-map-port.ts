import type { ApiResource, KubeFailure, KubePort, KubeResult } from '../../agent/ports.ts';
import type { KubeObject } from '../../core/kube-object.ts';

/** What the API server takes of one ConfigMap, in bytes of keys and values. */
const mostBytes = 1024 * 1024;

/** ConfigMaps of one namespace as the Kubernetes port promises them, and everything that was written. */
export interface ConfigMapPort {
  readonly kube: KubePort;
  readonly objects: Map<string, KubeObject>;
  /** `create fairlead-inventory-00`, and so on. */
  readonly writes: string[];
  /** The n-th write from now on, counted from 0, and everything after it finds nobody. */
  dieAt(write: number, when: 'before' | 'after'): void;
  revive(): void;
  /** The next write is stored, and its answer lost. */
  loseAnswer(): void;
}

export function configMapPort(): ConfigMapPort {
  const objects = new Map<string, KubeObject>();
  const writes: string[] = [];
  let version = 0;
  let death: { left: number; readonly when: 'before' | 'after' } | undefined;
  let isDead = false;
  let isLost = false;
  const read = async (name: string): Promise<KubeResult> => {
    await Promise.resolve();
    const object = objects.get(name);
    if (isDead) return failed(0, '', 'nobody answers');
    return object === undefined ? failed(404, 'NotFound', `${name} not found`) : { type: 'ok', object };
  };
  const store = (verb: string, object: KubeObject): KubeResult => {
    const { name = '' } = object.metadata;
    version += 1;
    const metadata = { ...object.metadata, uid: `uid-${name}`, resourceVersion: String(version) };
    const stored = { ...object, metadata };
    objects.set(name, stored);
    writes.push(`${verb} ${name}`);
    return { type: 'ok', object: stored };
  };
  const write = async (verb: string, object: KubeObject): Promise<KubeResult> => {
    await Promise.resolve();
    if (death !== undefined) {
      const isDue = death.left === 0;
      death.left -= 1;
      if (isDue && death.when === 'before') isDead = true;
      if (isDead) return failed(0, '', 'nobody answers');
      const answer = attempt(verb, object);
      if (isDue) isDead = true;
      return isDead ? failed(0, '', 'nobody answers') : answer;
    }
    const answer = attempt(verb, object);
    if (!isLost) return answer;
    isLost = false;
    return failed(0, '', 'the answer was lost');
  };
  const attempt = (verb: string, object: KubeObject): KubeResult => {
    const { name = '', resourceVersion } = object.metadata;
    const known = objects.get(name);
    if (bytesOf(object) > mostBytes) return failed(422, 'Invalid', 'Too long');
    if (verb === 'create' && known !== undefined) return failed(409, 'AlreadyExists', `${name} exists`);
    if (verb === 'update' && known === undefined) return failed(404, 'NotFound', `${name} not found`);
    if (verb === 'update' && known?.metadata.resourceVersion !== resourceVersion) {
      return failed(409, 'Conflict', `${name} was modified`);
    }
    return store(verb, object);
  };
  const kube: Pick<KubePort, 'list' | 'get' | 'create' | 'update'> = {
    async list() {
      await Promise.resolve();
      if (isDead) return failed(0, '', 'nobody answers');
      return { type: 'ok', objects: [...objects.values()], resourceVersion: String(version) };
    },
    get: (_resource: ApiResource, { name }) => read(name),
    create: (_resource, object) => write('create', object),
    update: (_resource, object) => write('update', object),
  };
  return {
    kube: kube as KubePort,
    objects,
    writes,
    dieAt(left, when) {
      death = { left, when };
    },
    revive() {
      death = undefined;
      isDead = false;
    },
    loseAnswer() {
      isLost = true;
    },
  };
}

function bytesOf(object: KubeObject): number {
  return textsOf(object).reduce((sum, [key, text]) => sum + key.length + Buffer.byteLength(text), 0);
}

/** Keys and values of a ConfigMap's data. */
export function textsOf(object: KubeObject): readonly (readonly [string, string])[] {
  return Object.entries((object['data'] ?? {}) as Record<string, string>);
}

function failed(status: number, reason: string, message: string): { type: 'failed'; failure: KubeFailure } {
  return { type: 'failed', failure: { status, reason, message, causes: [] } };
}
