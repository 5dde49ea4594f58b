import { canonicalJson } from '../../core/json.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import type { ClusterCapabilities } from '../../core/session.ts';
import { indexResources, type ResourceIndex, resolveKind } from '../plan/resource-index.ts';
import type { ApiResource, Discovery, KubePort } from '../ports.ts';

const nothingDiscovered: Discovery = { kubernetesVersion: '', resources: [], unknownGroups: new Set() };

/** What this cluster serves, asked anew only when something points at a change. */
export class ResourceCatalog {
  readonly #kube: KubePort;
  readonly #onChanged: () => void;
  readonly #defined = new Map<string, readonly ApiResource[]>();
  #discovery: Discovery = nothingDiscovered;
  #discovered: ResourceIndex = indexResources(nothingDiscovered, []);
  #index: ResourceIndex = this.#discovered;
  #refreshing: Promise<void> | undefined;
  /** Names of definitions that are established, and that discovery didn't have yet. */
  readonly #expected = new Set<string>();

  constructor(kube: KubePort, onChanged: () => void) {
    this.#kube = kube;
    this.#onChanged = onChanged;
  }

  /** What the API server serves now. */
  get discovered(): ResourceIndex {
    return this.#discovered;
  }

  /** The same, and what desired definitions will bring. */
  get index(): ResourceIndex {
    return this.#index;
  }

  /** Whether something is established that discovery doesn't have: the API server gathers it a little later. */
  get isBehind(): boolean {
    return this.#expected.size > 0;
  }

  /** A definition (`plural.group`) is established: asks until discovery has its kind, or `onChanged` does so later. */
  async expect(definition: string): Promise<void> {
    this.#expected.add(definition);
    await this.refresh();
    if (this.#expected.has(definition)) this.#onChanged();
  }

  /** A definition is not established any more. */
  forgo(definition: string): void {
    this.#expected.delete(definition);
  }

  get unknownGroups(): ReadonlySet<string> {
    return this.#discovery.unknownGroups;
  }

  /** Whether the API server, asked now, serves no such kind: not one whose group doesn't answer. */
  async lacks({ group, kind }: ObjectRef): Promise<boolean> {
    await this.refresh();
    return resolveKind(this.#discovered, group, kind).type === 'absent';
  }

  /** Asks the API server; callers of one time share the answer. Throws AppError where there is none, and keeps what was known. */
  refresh(): Promise<void> {
    this.#refreshing ??= this.#discover().finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #discover(): Promise<void> {
    const discovery = await this.#kube.discover();
    for (const { plural, group } of discovery.resources) this.#expected.delete(`${plural}.${group}`);
    const isSame = describe(discovery) === describe(this.#discovery);
    this.#discovery = discovery;
    if (isSame) return;
    this.#rebuild();
    this.#onChanged();
  }

  /** The kinds that an application's own definitions bring. Returns whether that changed anything. */
  define(application: string, resources: readonly ApiResource[]): boolean {
    const before = this.#defined.get(application) ?? [];
    if (canonicalJson(before.map(nameOf)) === canonicalJson(resources.map(nameOf))) return false;
    if (resources.length === 0) this.#defined.delete(application);
    else this.#defined.set(application, resources);
    this.#rebuild();
    return true;
  }

  /** For rendering and rules at the hub, in a fixed order. */
  capabilities(): ClusterCapabilities {
    const versions = new Set<string>();
    const clusterScoped = new Set<string>();
    for (const { group, version, kind, namespaced } of this.#discovery.resources) {
      const apiVersion = group === '' ? version : `${group}/${version}`;
      versions.add(apiVersion);
      versions.add(`${apiVersion}/${kind}`);
      if (!namespaced) clusterScoped.add(`${group}/${kind}`);
    }
    return {
      kubernetesVersion: this.#discovery.kubernetesVersion,
      apiVersions: [...versions].sort(),
      clusterScopedKinds: [...clusterScoped].sort(),
    };
  }

  #rebuild(): void {
    this.#discovered = indexResources(this.#discovery, []);
    this.#index = indexResources(this.#discovery, [...this.#defined.values()].flat());
  }
}

function nameOf(resource: ApiResource): string {
  const { group, version, kind, plural, namespaced, hasStatus } = resource;
  return `${group}/${version}/${kind}/${plural}/${namespaced}/${hasStatus}`;
}

function describe(discovery: Discovery): string {
  return [
    discovery.kubernetesVersion,
    ...discovery.resources.map(nameOf).sort(),
    ...[...discovery.unknownGroups].sort(),
  ].join('\n');
}
