import { AppError, type ErrorCode } from '../../core/error.ts';
import { isJsonArray, type Json, jsonAt, stringAt } from '../../core/json.ts';
import type { ApiResource, Discovery, KubeFailure } from '../ports.ts';
import type { Transport } from './transport.ts';

const list = 'as=APIGroupDiscoveryList';
/** Aggregated discovery: everything in two answers; v2 since Kubernetes 1.30, v2beta1 since 1.27. */
const accept = ['v2', 'v2beta1']
  .map((version) => `application/json;g=apidiscovery.k8s.io;v=${version};${list}`)
  .concat('application/json')
  .join(',');

export interface DiscoveredGroups {
  readonly resources: readonly ApiResource[];
  readonly unknownGroups: readonly string[];
}

/** Asks what the cluster serves. Throws AppError where that can't be known. */
export async function discover(transport: Transport, server: string): Promise<Discovery> {
  const ask = async (path: string): Promise<Json> => {
    const answer = await transport.send({
      method: 'GET',
      verb: 'discovery',
      resource: path,
      path,
      headers: { accept },
    });
    if (answer.type === 'ok') return answer.value;
    throw new AppError(errorCode(answer.failure), `discovery failed: ${answer.failure.message}`, {
      subject: `${server}${path}`,
    });
  };
  const [version, core, groups] = await Promise.all([ask('/version'), ask('/api'), ask('/apis')]);
  const parsed = [parseGroups(core), parseGroups(groups)];
  const resources: ApiResource[] = [];
  const unknownGroups = new Set<string>();
  for (const each of parsed) {
    if (each === undefined) {
      throw new AppError('unsupported', 'the API server has no aggregated discovery', {
        subject: server,
        remedy: 'Use Kubernetes 1.27 or later',
      });
    }
    resources.push(...each.resources);
    for (const group of each.unknownGroups) unknownGroups.add(group);
  }
  return { kubernetesVersion: stringAt(version, 'gitVersion') ?? '', resources, unknownGroups };
}

/**
 * Reads an `APIGroupDiscoveryList`; `undefined` where it is something else. Groups and versions keep the API server's
 * order, which is that of preference. A version that is `Stale` was not heard of by the API server for a while:
 * its group is unknown, its resources are left out. Of the subresources, which are nested there, only `status` counts.
 */
export function parseGroups(answer: Json): DiscoveredGroups | undefined {
  const items = jsonAt(answer, 'items');
  if (stringAt(answer, 'kind') !== 'APIGroupDiscoveryList' || !isJsonArray(items)) return undefined;
  const resources: ApiResource[] = [];
  const unknownGroups = new Set<string>();
  for (const item of items) {
    const group = stringAt(item, 'metadata', 'name') ?? '';
    for (const version of elements(item, 'versions')) {
      if (stringAt(version, 'freshness') === 'Stale') unknownGroups.add(group);
      else resources.push(...parseVersion(group, version));
    }
  }
  return { resources, unknownGroups: [...unknownGroups] };
}

function parseVersion(group: string, value: Json): readonly ApiResource[] {
  const version = stringAt(value, 'version') ?? '';
  return elements(value, 'resources').flatMap((resource) => {
    const plural = stringAt(resource, 'resource');
    const kind = stringAt(resource, 'responseKind', 'kind');
    // An entry without a kind stands for its subresources only.
    if (plural === undefined || plural.includes('/') || kind === undefined || kind === '') return [];
    const verbs = elements(resource, 'verbs').filter((verb) => typeof verb === 'string');
    const namespaced = stringAt(resource, 'scope') === 'Namespaced';
    const subresources = elements(resource, 'subresources').map((each) => stringAt(each, 'subresource'));
    const hasStatus = subresources.includes('status') ? { hasStatus: true as const } : {};
    return [{ group, version, kind, plural, namespaced, verbs, ...hasStatus }];
  });
}

function elements(value: Json, name: string): readonly Json[] {
  const found = jsonAt(value, name);
  return isJsonArray(found) ? found : [];
}

function errorCode(failure: KubeFailure): ErrorCode {
  if (failure.status === 401) return 'unauthenticated';
  return failure.status === 403 ? 'denied' : 'unavailable';
}
