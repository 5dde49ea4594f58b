import { isJsonArray, isJsonObject, type Json, jsonAt, numberAt, stringAt } from '../../core/json.ts';
import { isKubeObject, type KubeObject } from '../../core/kube-object.ts';
import type { ApiResource } from '../ports.ts';
import { noAnswer, tooLargeReason } from './failure.ts';
import { collectionPath, resourceName } from './paths.ts';
import type { Failed, Transport } from './transport.ts';

export interface ListPage {
  readonly type: 'page';
  readonly objects: readonly KubeObject[];
  /** Of the whole list, the same on each page. */
  readonly resourceVersion: string;
  /** How many follow on later pages, where the API server says it. */
  readonly remaining: number;
}

export interface ListScope {
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  readonly namespace?: string;
  /** `metadata`: nothing else of an object comes, where its server knows how. Default `whole`. */
  readonly form?: 'whole' | 'metadata';
}

const metadataOnly = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';
/** The same for the events of a watch. */
export const metadataEvents = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';

const pageSize = 500;

/**
 * A list in pages, so that no more than one is in memory. A failure is the last thing yielded: the list is not
 * complete then. A `continue` that expired on the way is one too (410). Pages too large to accept are asked for
 * again with fewer objects.
 */
export async function* listPages(
  transport: Transport,
  resource: ApiResource,
  scope: ListScope,
): AsyncGenerator<ListPage | Failed> {
  let limit = pageSize;
  let next: string | undefined = '';
  while (next !== undefined) {
    const answer = await transport.send({
      method: 'GET',
      verb: 'list',
      resource: resourceName(resource),
      path: collectionPath(resource, scope.namespace ?? ''),
      ...(scope.form === 'metadata' ? { headers: { accept: metadataOnly } } : {}),
      query: {
        limit: String(limit),
        ...(scope.labelSelector === undefined ? {} : { labelSelector: scope.labelSelector }),
        ...(scope.fieldSelector === undefined ? {} : { fieldSelector: scope.fieldSelector }),
        ...(next === '' ? {} : { continue: next }),
      },
    });
    if (answer.type === 'failed' && answer.failure.reason === tooLargeReason && limit > 1) {
      limit = Math.max(1, Math.floor(limit / 10));
      continue;
    }
    if (answer.type === 'failed') return yield answer;
    const objects = parseItems(answer.value, resource);
    if (objects === undefined) {
      return yield {
        type: 'failed',
        failure: noAnswer(`the list of ${resourceName(resource)} is malformed`),
      };
    }
    const resourceVersion = stringAt(answer.value, 'metadata', 'resourceVersion') ?? '';
    const remaining = numberAt(answer.value, 'metadata', 'remainingItemCount') ?? 0;
    yield { type: 'page', objects, resourceVersion, remaining };
    next = stringAt(answer.value, 'metadata', 'continue') || undefined;
  }
}

/** Items of built-in kinds come without `apiVersion` and `kind`. `undefined` where one is no object at all. */
function parseItems(list: Json, resource: ApiResource): readonly KubeObject[] | undefined {
  const items = jsonAt(list, 'items');
  // A list of metadata says so that it has none; an answer without the member is no list.
  if (items === null) return [];
  if (!isJsonArray(items)) return undefined;
  const apiVersion = resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
  const objects: KubeObject[] = [];
  for (const item of items) {
    const object = isJsonObject(item) ? { apiVersion, kind: resource.kind, ...item } : item;
    if (!isKubeObject(object)) return undefined;
    objects.push(object);
  }
  return objects;
}
