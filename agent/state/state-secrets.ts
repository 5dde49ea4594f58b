import { AppError } from '../../core/error.ts';
import { stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { ApiResource, KubeFailure, KubePort, KubeResult } from '../ports.ts';

export interface StateSecretsOptions {
  /** It has to refuse writes while this process may not be the only one: `fenceKube`. */
  readonly kube: Pick<KubePort, 'get' | 'create' | 'update' | 'delete'>;
  readonly namespace: string;
  /** Of the index; the parts are named after it. */
  readonly name: string;
}

/** The object that a write replaces; without a version there is none. */
interface Replaced {
  readonly resourceVersion: string | undefined;
  readonly annotations?: Readonly<Record<string, string>>;
}

const secrets: ApiResource = {
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  namespaced: true,
  verbs: [],
};
const contentKey = 'content';

/** The agent's own Secrets by their fixed names, so that it needs a right to no other one. Each holds one content. */
export class StateSecrets {
  readonly name: string;
  readonly #options: StateSecretsOptions;

  constructor(options: StateSecretsOptions) {
    this.#options = options;
    this.name = options.name;
  }

  subject(name: string): string {
    return `${this.#options.namespace}/${name}`;
  }

  /** Throws AppError `unavailable` where it can't be read. */
  async find(name: string): Promise<KubeObject | undefined> {
    const result = await this.#options.kube.get(secrets, this.#ref(name));
    if (result.type === 'ok') return result.object;
    if (result.failure.status === 404) return undefined;
    throw this.failed(name, result.failure);
  }

  /** Creates it, or replaces the one of this version and no other. */
  put(name: string, content: Uint8Array, before: Replaced): Promise<KubeResult> {
    const { kube, namespace } = this.#options;
    const { resourceVersion, annotations } = before;
    const object: KubeObject = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: {
        name,
        namespace,
        labels: { 'app.kubernetes.io/part-of': 'fairlead-agent-state' },
        ...(annotations === undefined ? {} : { annotations }),
        ...(resourceVersion === undefined ? {} : { resourceVersion }),
      },
      type: 'fairlead.dev/agent-state',
      data: { [contentKey]: Buffer.from(content).toString('base64') },
    };
    return resourceVersion === undefined ? kube.create(secrets, object) : kube.update(secrets, object);
  }

  /** Deletes it as it was found. */
  delete(name: string, { metadata }: KubeObject): Promise<KubeResult> {
    const { uid = '', resourceVersion = '' } = metadata;
    return this.#options.kube.delete(secrets, this.#ref(name), { uid, resourceVersion });
  }

  failed(name: string, failure: KubeFailure): AppError {
    return new AppError('unavailable', `the agent's state in Secrets: ${failure.message}`, {
      subject: this.subject(name),
      remedy:
        'The chart’s Role allows the agent its own Secrets; see that it is there and that no quota is exceeded',
    });
  }

  #ref(name: string) {
    return { group: '', kind: 'Secret', namespace: this.#options.namespace, name };
  }
}

export function contentOf(secret: KubeObject): Uint8Array {
  return Buffer.from(stringAt(secret, 'data', contentKey) ?? '', 'base64');
}
