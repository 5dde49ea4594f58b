import type { Json } from '../../core/json.ts';
import { isKubeObject, type KubeObject } from '../../core/kube-object.ts';
import type {
  ApiResource,
  KubePort,
  KubeResult,
  ListResult,
  NamesResult,
  Propagation,
  ScanResult,
  Watch,
} from '../ports.ts';
import type { Connection } from './credentials.ts';
import { discover } from './discovery.ts';
import { noAnswer } from './failure.ts';
import { type ListScope, listPages } from './list.ts';
import { collectionPath, objectPath, resourceName } from './paths.ts';
import { readPodLog } from './pod-logs.ts';
import { type KubeRequest, Transport, type TransportOptions } from './transport.ts';
import { openWatch, realTiming, type WatchTiming } from './watch.ts';

export interface KubeOptions extends TransportOptions {
  /** Clock and chance of the watches; the real ones by default. */
  readonly timing?: WatchTiming;
}

const fieldManager = 'fairlead';
const strictWrite = { fieldManager, fieldValidation: 'Strict' };

/** A Kubernetes API server as the agent's port. Sends nothing until it is asked something. */
export function openKube(connection: Connection, options: KubeOptions = {}): KubePort {
  const transport = new Transport(connection, options);
  const watches = new Set<Watch>();

  return {
    discover: () => discover(transport, connection.server),
    get: (resource, ref) => sendObject(transport, resource, ref, { method: 'GET', verb: 'get' }),
    list: (resource, scope) => readList(transport, resource, scope),
    listNames: (resource, { atMost, ...scope }) => readNames(transport, resource, scope, atMost),
    scan: (resource, scope, look) => scanPages(transport, resource, scope, look),
    logs: (pod, podOptions, signal, take) => readPodLog(transport, pod, podOptions, signal, take),
    apply: (resource, object, { dryRun }) =>
      sendObject(transport, resource, placeOf(object), {
        method: 'PATCH',
        verb: dryRun ? 'dry-run' : 'apply',
        query: { ...strictWrite, force: 'true', ...(dryRun ? { dryRun: 'All' } : {}) },
        contentType: 'application/apply-patch+yaml',
        body: object,
      }),
    patch: (resource, ref, patch, { manager }) =>
      sendObject(transport, resource, ref, {
        method: 'PATCH',
        verb: 'patch',
        query: { fieldManager: manager },
        contentType: 'application/merge-patch+json',
        body: patch,
      }),
    jsonPatch: (resource, ref, patch, { manager, dryRun }) =>
      sendObject(transport, resource, ref, {
        method: 'PATCH',
        verb: dryRun ? 'dry-run' : 'patch',
        query: { fieldManager: manager, ...(dryRun ? { dryRun: 'All' } : {}) },
        contentType: 'application/json-patch+json',
        body: patch as unknown as Json,
      }),
    create: (resource, object) =>
      send(transport, {
        method: 'POST',
        verb: 'create',
        resource: resourceName(resource),
        path: collectionPath(resource, object.metadata.namespace ?? ''),
        query: strictWrite,
        body: object,
      }),
    update: (resource, object) =>
      sendObject(transport, resource, placeOf(object), {
        method: 'PUT',
        verb: 'update',
        query: strictWrite,
        body: object,
      }),
    delete: (resource, ref, preconditions, options) =>
      deleteObject(transport, resource, ref, preconditions, options),
    watch(resource, scope, handler) {
      const watch = openWatch(transport, { resource, ...scope }, handler, options.timing ?? realTiming);
      watches.add(watch);
      return {
        close() {
          watches.delete(watch);
          watch.close();
        },
      };
    },
    async close() {
      for (const watch of watches) watch.close();
      watches.clear();
      await transport.close();
    },
  };
}

interface Place {
  readonly namespace: string;
  readonly name: string;
}

function placeOf({ metadata }: KubeObject): Place {
  return { namespace: metadata.namespace ?? '', name: metadata.name ?? '' };
}

async function sendObject(
  transport: Transport,
  resource: ApiResource,
  place: Place,
  request: Omit<KubeRequest, 'resource' | 'path'>,
): Promise<KubeResult> {
  const path = objectPath(resource, place.namespace, place.name);
  if (path === undefined) return { type: 'failed', failure: invalidPlace(resource, place) };
  return send(transport, { ...request, resource: resourceName(resource), path });
}

/** As the API server would say it, had the request been one that can be sent. */
function invalidPlace(resource: ApiResource, { namespace, name }: Place) {
  const message = `${resource.kind} "${namespace}/${name}" can't be addressed: its name or namespace is empty or a dot`;
  return { status: 422, reason: 'Invalid', message, causes: [] };
}

async function send(transport: Transport, request: KubeRequest): Promise<KubeResult> {
  const answer = await transport.send(request);
  if (answer.type === 'failed') return answer;
  if (isKubeObject(answer.value)) return { type: 'ok', object: answer.value };
  return { type: 'failed', failure: noAnswer(`${request.method} ${request.path}: the answer is no object`) };
}

async function deleteObject(
  transport: Transport,
  resource: ApiResource,
  place: Place,
  preconditions: { readonly uid: string; readonly resourceVersion?: string },
  options: { readonly propagation?: Propagation } = {},
): Promise<KubeResult> {
  const result = await sendObject(transport, resource, place, {
    method: 'DELETE',
    verb: 'delete',
    body: {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      preconditions: { ...preconditions },
      propagationPolicy: options.propagation ?? 'Background',
    },
  });
  if (result.type === 'ok' || result.failure.status !== 404 || result.failure.reason !== 'NotFound')
    return result;
  // Without this reason, a 404 means a version that is no longer served, and the object may still be there.
  return { type: 'ok', object: { apiVersion: 'v1', kind: 'Status', metadata: {}, status: 'Success' } };
}

/** Attempts at one list: the token for its next page can expire on the way. */
const listAttempts = 3;

/** A list that breaks off is begun anew, or fails: a part is never taken for the whole. */
async function readList(transport: Transport, resource: ApiResource, scope: ListScope): Promise<ListResult> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await readPages(transport, resource, scope);
    if (result.type === 'ok' || result.failure.status !== 410 || attempt === listAttempts) return result;
  }
}

/** Page by page, so that the names alone are in memory. One that expires on the way is a failure: nobody depends on it. */
async function readNames(
  transport: Transport,
  resource: ApiResource,
  scope: ListScope,
  atMost: number,
): Promise<NamesResult> {
  const names = new Set<string>();
  for await (const page of listPages(transport, resource, { ...scope, form: 'metadata' })) {
    if (page.type === 'failed') return page;
    for (const { metadata } of page.objects) names.add(`${metadata.namespace ?? ''}/${metadata.name ?? ''}`);
    if (names.size + page.remaining > atMost) return { type: 'too-many' };
  }
  return { type: 'ok', names };
}

async function scanPages(
  transport: Transport,
  resource: ApiResource,
  scope: ListScope,
  look: (object: KubeObject) => 'more' | 'enough',
): Promise<ScanResult> {
  for await (const page of listPages(transport, resource, scope)) {
    if (page.type === 'failed') return page;
    for (const object of page.objects) if (look(object) === 'enough') return { type: 'stopped' };
  }
  return { type: 'ok' };
}

async function readPages(transport: Transport, resource: ApiResource, scope: ListScope): Promise<ListResult> {
  const objects: KubeObject[] = [];
  let resourceVersion = '';
  for await (const page of listPages(transport, resource, scope)) {
    if (page.type === 'failed') return page;
    objects.push(...page.objects);
    resourceVersion = page.resourceVersion;
  }
  return { type: 'ok', objects, resourceVersion };
}
