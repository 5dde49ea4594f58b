import { Agent, type RequestOptions, request } from 'node:https';
import type { ClusterAccess } from './kubeconfig.ts';

/** Any Kubernetes object, as JSON. */
// biome-ignore lint/suspicious/noExplicitAny: a test reaches into objects of every kind
export type KubeObject = Record<string, any>;

/** What names an object. The namespace is left out for what lives in none. */
export interface ObjectName {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** Who the client says it is. */
export interface KubeClientOptions {
  /** User agent; the API server takes its part before `/` as field manager where none is given. */
  readonly userAgent?: string;
  /** Field manager of every write. Default `test`. */
  readonly fieldManager?: string;
  /** Bearer token in place of the administrator's. */
  readonly token?: string;
  /** Acts as this user, with every right. */
  readonly user?: string;
}

const requestLimitMs = 60_000;

/** An answer of the API server that isn't a success. */
export class KubeError extends Error {
  override readonly name = 'KubeError';
  /** HTTP status, such as 404. */
  readonly status: number;
  /** The `Status` object, or the text where the answer wasn't JSON. */
  readonly body: unknown;

  constructor(what: string, status: number, body: unknown) {
    super(`${what}: ${status} ${(body as KubeObject)?.message ?? String(body)}`);
    this.status = status;
    this.body = body;
  }
}

/**
 * A client for tests: it sends what it's given and returns what it gets. Each
 * client has its own connections, which end with {@link KubeClient.close}.
 */
export class KubeClient {
  readonly #access: ClusterAccess;
  readonly #options: KubeClientOptions;
  readonly #agent: Agent;
  readonly #resources = new Map<string, KubeObject[]>();

  constructor(access: ClusterAccess, options: KubeClientOptions = {}) {
    this.#access = access;
    this.#options = options;
    this.#agent = new Agent({ keepAlive: true, ca: access.caPem });
  }

  /**
   * Sends one request.
   *
   * @param path with its query, such as `/api/v1/namespaces?limit=5`
   * @param body sent as JSON, unless it is text already
   * @throws KubeError where the status isn't 2xx.
   */
  async request(
    method: string,
    path: string,
    body?: unknown,
    type = 'application/json',
  ): Promise<KubeObject> {
    const { status, text } = await this.#send(method, path, body, type);
    const answer = parseAnswer(text);
    if (status >= 200 && status < 300) return answer as KubeObject;
    throw new KubeError(`${method} ${path}`, status, answer);
  }

  /** Reads one object. @throws KubeError, 404 where it isn't there. */
  async get(object: ObjectName): Promise<KubeObject> {
    return this.request('GET', await this.path(object));
  }

  /** Reads one object, or `undefined` where it isn't there. */
  async find(object: ObjectName): Promise<KubeObject | undefined> {
    return this.get(object).catch((error: unknown) => {
      if (error instanceof KubeError && error.status === 404) return undefined;
      throw error;
    });
  }

  /** Reads all objects of a kind, in one namespace or in all. @param query such as `labelSelector=app%3Dweb` */
  async list(apiVersion: string, kind: string, namespace?: string, query = ''): Promise<KubeObject[]> {
    const path = await this.#collection(apiVersion, kind, namespace);
    return (await this.request('GET', `${path}?${query}`)).items;
  }

  /** Creates an object that must not be there yet. */
  async create(object: KubeObject): Promise<KubeObject> {
    const { apiVersion, kind, metadata } = object;
    const path = await this.#collection(apiVersion, kind, metadata.namespace);
    return this.request('POST', `${path}?${this.#manager()}`, object);
  }

  /** Applies an object by server-side apply, and takes fields from other managers. */
  async apply(object: KubeObject): Promise<KubeObject> {
    const path = await this.path({ ...(object as ObjectName), ...object.metadata });
    return this.request(
      'PATCH',
      `${path}?force=true&${this.#manager()}`,
      object,
      'application/apply-patch+yaml',
    );
  }

  /** Changes an object by a merge patch. @param subresource such as `status` or `scale` */
  async patch(object: ObjectName, change: unknown, subresource?: string): Promise<KubeObject> {
    const path = (await this.path(object)) + (subresource ? `/${subresource}` : '');
    return this.request('PATCH', `${path}?${this.#manager()}`, change, 'application/merge-patch+json');
  }

  /** Asks for an object's deletion. @param propagation `Background`, `Foreground` or `Orphan` */
  async delete(object: ObjectName, propagation = 'Background'): Promise<KubeObject> {
    return this.request('DELETE', `${await this.path(object)}?propagationPolicy=${propagation}`);
  }

  /** The path of an object, by the server's discovery. */
  async path(object: ObjectName): Promise<string> {
    const collection = await this.#collection(object.apiVersion, object.kind, object.namespace);
    return `${collection}/${encodeURIComponent(object.name)}`;
  }

  /** Ends the connections. */
  close(): void {
    this.#agent.destroy();
  }

  #manager(): string {
    return `fieldManager=${encodeURIComponent(this.#options.fieldManager ?? 'test')}`;
  }

  async #collection(apiVersion: string, kind: string, namespace?: string): Promise<string> {
    const root = apiVersion.includes('/') ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const resource = await this.#resource(root, kind);
    const inNamespace = resource.namespaced && namespace !== undefined;
    return inNamespace ? `${root}/namespaces/${namespace}/${resource.name}` : `${root}/${resource.name}`;
  }

  /** A kind that isn't known is looked up again: a CRD may have come meanwhile. */
  async #resource(root: string, kind: string): Promise<KubeObject> {
    const find = (resources: KubeObject[]) => resources.find((r) => r.kind === kind && !r.name.includes('/'));
    const known = find(this.#resources.get(root) ?? []);
    if (known) return known;
    const { resources } = await this.request('GET', root);
    this.#resources.set(root, resources);
    const found = find(resources);
    if (!found) throw new Error(`${this.#access.name} serves no ${kind} in ${root}`);
    return found;
  }

  #send(
    method: string,
    path: string,
    body: unknown,
    type: string,
  ): Promise<{ status: number; text: string }> {
    const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const options: RequestOptions = {
      method,
      agent: this.#agent,
      timeout: requestLimitMs,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${this.#options.token ?? this.#access.token}`,
        'user-agent': this.#options.userAgent ?? 'fairlead-test',
        ...(this.#options.user === undefined
          ? {}
          : { 'impersonate-user': this.#options.user, 'impersonate-group': 'system:masters' }),
        ...(payload === undefined
          ? {}
          : { 'content-type': type, 'content-length': Buffer.byteLength(payload) }),
      },
    };
    return new Promise((resolve, reject) => {
      const call = request(`${this.#access.server}${path}`, options, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('error', reject);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') });
        });
      });
      call.on('timeout', () =>
        call.destroy(new Error(`${method} ${path}: no answer in ${requestLimitMs} ms`)),
      );
      call.on('error', reject);
      call.end(payload);
    });
  }
}

function parseAnswer(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
