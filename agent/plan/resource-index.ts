import { isJsonArray, jsonAt, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { groupOf } from '../../core/object-ref.ts';
import { isBuiltInClusterScoped, isBuiltInGroup } from '../../core/scope.ts';
import type { ApiResource, Discovery } from '../ports.ts';

/** What is known of a kind on this cluster. */
export type Resolution =
  | { readonly type: 'served'; readonly resource: ApiResource }
  /** The group's server did not answer: nothing of it is missing, nothing is pruned. */
  | { readonly type: 'unknown-group' }
  /** The kind is served, but not at the version asked for. */
  | { readonly type: 'version-removed'; readonly served: readonly string[] }
  | { readonly type: 'absent' };

/** Kinds by name: what discovery says, and what the CustomResourceDefinitions of the desired set will serve. */
export interface ResourceIndex {
  readonly byVersion: ReadonlyMap<string, ApiResource>;
  readonly byKind: ReadonlyMap<string, readonly ApiResource[]>;
  readonly unknownGroups: ReadonlySet<string>;
}

export function indexResources(discovery: Discovery, defined: readonly ApiResource[]): ResourceIndex {
  const byVersion = new Map<string, ApiResource>();
  const byKind = new Map<string, ApiResource[]>();
  for (const resource of [...discovery.resources, ...defined]) {
    const versioned = `${resource.group}/${resource.version}/${resource.kind}`;
    if (byVersion.has(versioned)) continue;
    byVersion.set(versioned, resource);
    const kind = `${resource.group}/${resource.kind}`;
    const known = byKind.get(kind);
    if (known === undefined) byKind.set(kind, [resource]);
    else known.push(resource);
  }
  return { byVersion, byKind, unknownGroups: discovery.unknownGroups };
}

/** How to reach a kind at the very version a manifest names. */
export function resolveVersion(index: ResourceIndex, apiVersion: string, kind: string): Resolution {
  const group = groupOf(apiVersion);
  const version = group === '' ? apiVersion : apiVersion.slice(group.length + 1);
  const resource = index.byVersion.get(`${group}/${version}/${kind}`);
  if (resource !== undefined) return { type: 'served', resource };
  if (index.unknownGroups.has(group)) return { type: 'unknown-group' };
  const others = index.byKind.get(`${group}/${kind}`);
  if (others === undefined) return { type: 'absent' };
  return { type: 'version-removed', served: others.map((other) => other.version) };
}

/** How to reach a kind at any version: for objects that are only known by their identity. */
export function resolveKind(index: ResourceIndex, group: string, kind: string): Resolution {
  if (index.unknownGroups.has(group)) return { type: 'unknown-group' };
  const resource = index.byKind.get(`${group}/${kind}`)?.[0];
  return resource === undefined ? { type: 'absent' } : { type: 'served', resource };
}

/** Whether objects of a kind have a namespace; `undefined` where that can't be known yet. */
export function isNamespaced(index: ResourceIndex, group: string, kind: string): boolean | undefined {
  const served = index.byKind.get(`${group}/${kind}`)?.[0];
  if (served !== undefined) return served.namespaced;
  if (isBuiltInClusterScoped({ group, kind })) return false;
  return isBuiltInGroup(group) ? true : undefined;
}

const allVerbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'];

/** The kinds that a CustomResourceDefinition will serve, so that its objects can be prepared before it is there. */
export function definedResources(definition: KubeObject): readonly ApiResource[] {
  if (definition.kind !== 'CustomResourceDefinition') return [];
  const group = stringAt(definition, 'spec', 'group');
  const kind = stringAt(definition, 'spec', 'names', 'kind');
  const plural = stringAt(definition, 'spec', 'names', 'plural');
  const versions = jsonAt(definition, 'spec', 'versions');
  if (group === undefined || kind === undefined || plural === undefined || !isJsonArray(versions)) return [];
  const namespaced = stringAt(definition, 'spec', 'scope') !== 'Cluster';
  return versions.flatMap((entry) => {
    const version = stringAt(entry, 'name');
    if (version === undefined || jsonAt(entry, 'served') === false) return [];
    const hasStatus =
      jsonAt(entry, 'subresources', 'status') === undefined ? {} : { hasStatus: true as const };
    return [{ group, version, kind, plural, namespaced, verbs: allVerbs, ...hasStatus }];
  });
}
