import type { JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { KubeClient, KubeError } from '../clusters/kube-client.ts';
import type { ClusterAccess } from '../clusters/kubeconfig.ts';

type Body = Record<string, unknown> | readonly unknown[];

export interface Name {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace: string;
}

interface Request {
  readonly subresource?: string;
  /** `''`: the API server takes the user agent's name. */
  readonly manager: string;
  readonly agent?: string;
}

const merge = 'application/merge-patch+json';
const strategic = 'application/strategic-merge-patch+json';
const json = 'application/json-patch+json';
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * Requests as kubectl 1.37 and other tools send them: the same verbs, content types and field managers, taken from their
 * sources, so that a test needs none of them.
 */
export class Tools {
  readonly #access: ClusterAccess;
  readonly #user: string | undefined;
  readonly #clients = new Map<string, KubeClient>();

  /** `user`: everything is done as this user; by the administrator else. */
  constructor(access: ClusterAccess, user?: string) {
    this.#access = access;
    this.#user = user;
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }

  get(name: Name): Promise<KubeObject> {
    return this.#client('reader').get(name) as Promise<KubeObject>;
  }

  create(object: KubeObject, manager: string): Promise<unknown> {
    return this.#send('POST', nameOf(object), object, 'application/json', { manager });
  }

  merge(name: Name, change: Body, how: Request = { manager: 'kubectl-patch' }): Promise<unknown> {
    return this.#send('PATCH', name, change, merge, how);
  }

  strategic(name: Name, change: Body, how: Request = { manager: 'kubectl-patch' }): Promise<unknown> {
    return this.#send('PATCH', name, change, strategic, how);
  }

  json(name: Name, steps: Body, how: Request = { manager: 'kubectl-patch' }): Promise<unknown> {
    return this.#send('PATCH', name, steps, json, how);
  }

  /** `kubectl scale`: a merge patch of the subresource, under the user agent's name. */
  scale(name: Name, replicas: number): Promise<unknown> {
    const how = { manager: '', agent: 'kubectl/v1.37.2', subresource: 'scale' };
    return this.merge(name, { spec: { replicas } }, how);
  }

  /** As the horizontal pod autoscaler and KEDA do: read, then replace the subresource. */
  async autoscale(name: Name, replicas: number, agent = 'kube-controller-manager/v1.37.2'): Promise<unknown> {
    const path = `${await this.#client('reader').path(name)}/scale`;
    const found = await this.#client('reader').request('GET', path);
    const scaled = { ...found, spec: { replicas } };
    return this.#send('PUT', name, scaled, 'application/json', { manager: '', agent, subresource: 'scale' });
  }

  /** Reads, changes and replaces, as `kubectl replace` and most controllers do. */
  async replace(name: Name, change: (live: KubeObject) => KubeObject, manager: string): Promise<unknown> {
    const live = await this.get(name);
    return this.#send('PUT', name, change(structuredClone(live)), 'application/json', { manager });
  }

  /** `kubectl apply` as it was before server-side apply: a patch with the annotation of what was said. */
  applyClientSide(
    object: KubeObject,
    change: JsonObject & Partial<Pick<KubeObject, 'metadata'>>,
  ): Promise<unknown> {
    const annotations = { ...change.metadata?.annotations, [lastApplied]: JSON.stringify(object) };
    const patch = { ...change, metadata: { ...change.metadata, annotations } };
    return this.strategic(nameOf(object), patch, { manager: 'kubectl-client-side-apply' });
  }

  /** Server-side apply. `yields`: without force; a conflict changes nothing, as kubectl's error would say. */
  async apply(object: KubeObject, manager: string, force: 'forces' | 'yields' = 'forces'): Promise<void> {
    const path = await this.#client('reader').path(nameOf(object));
    const query = `fieldManager=${manager}&force=${force === 'forces'}`;
    try {
      await this.#client('reader').request(
        'PATCH',
        `${path}?${query}`,
        object,
        'application/apply-patch+yaml',
      );
    } catch (caught) {
      if (force === 'forces' || !(caught instanceof KubeError) || caught.status !== 409) throw caught;
    }
  }

  async delete(name: Name): Promise<void> {
    await this.#client('reader').delete(name);
  }

  async deleteCollection(name: Name, labelSelector: string): Promise<void> {
    const path = (await this.#client('reader').path(name)).replace(/\/[^/]+$/, '');
    await this.#client('reader').request(
      'DELETE',
      `${path}?labelSelector=${encodeURIComponent(labelSelector)}`,
    );
  }

  async #send(method: string, name: Name, body: unknown, type: string, how: Request): Promise<unknown> {
    const client = this.#client(how.agent ?? 'tools');
    const whole = await client.path(name);
    const at = method === 'POST' ? whole.replace(/\/[^/]+$/, '') : whole;
    const path = how.subresource === undefined ? at : `${at}/${how.subresource}`;
    const query = how.manager === '' ? '' : `?fieldManager=${encodeURIComponent(how.manager)}`;
    return client.request(method, `${path}${query}`, body, type);
  }

  #client(userAgent: string): KubeClient {
    const known = this.#clients.get(userAgent);
    if (known !== undefined) return known;
    const client = new KubeClient(this.#access, {
      userAgent,
      ...(this.#user === undefined ? {} : { user: this.#user }),
    });
    this.#clients.set(userAgent, client);
    return client;
  }
}

export function nameOf(object: KubeObject): Name {
  const { name = '', namespace = '' } = object.metadata;
  return { apiVersion: object.apiVersion, kind: object.kind, name, namespace };
}
