import type { JsonObject } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import { ownerOf, repairManager } from '../../core/tracking.ts';
import { immutableFields, notRecreatedReason } from '../plan/immutable-change.ts';
import { planRepair } from '../plan/plan-repair.ts';
import type { RecreatePolicy } from '../plan/recreate-policy.ts';
import { planTakeOver, type TakeOver } from '../plan/take-over.ts';
import type { ApiResource, KubeFailure, KubePort, KubeResult } from '../ports.ts';
import { readLive } from './inspect-object.ts';
import { isDecided, recreateObject } from './recreate-object.ts';

export type WriteResult =
  | { readonly type: 'applied'; readonly object: KubeObject }
  /** Deleted to be made again; the watch tells when it is gone. */
  | { readonly type: 'leaving'; readonly live: KubeObject }
  /** Git says something else now, or gave it to another application. */
  | { readonly type: 'undue' }
  | { readonly type: 'failed'; readonly failure: KubeFailure };

export interface WriteRequest {
  readonly resource: ApiResource;
  readonly ref: ObjectRef;
  /** As it is applied, with our marks. */
  readonly object: KubeObject;
  readonly application: string;
  /** The newest live object, where it was read because it may not be as we left it. */
  readonly live?: KubeObject;
  /** What we owned of it when it was applied last, as canonical FieldsV1. */
  readonly baseline?: string;
  /** The uid of the object that we applied last: it was taken over then. */
  readonly adopted?: string;
  readonly isAtBaseline: boolean;
  readonly isServed: (apiVersion: string) => boolean;
  readonly recreate: RecreatePolicy;
  /** Asked again before each write, with the live object where it was read anew. */
  readonly isDue: (live?: KubeObject) => boolean;
}

/**
 * Brings one object to what Git says by server-side apply: one request where nothing is in the way. Fields that an
 * earlier deployer owns become ours first; an unchangeable field is a reason to make the object anew only where that was
 * opted into; each cure is tried once.
 */
export async function writeObject(kube: KubePort, request: WriteRequest): Promise<WriteResult> {
  let { object } = request;
  if (request.live !== undefined) {
    const taken = await takeOver(kube, request, request.live, 'as-served');
    if (taken.type !== 'taken') return taken;
    object = atVersionOf(object, taken.live);
  }
  const answer = await applyIfDue(kube, request, object);
  if (answer.type !== 'failed' || !isCurable(answer.failure)) return answer;
  const read = await readLive(kube, request.resource, request.ref);
  if (read.type === 'absent') return answer;
  // Nothing was found out: it is tried again, and only then is the first answer the last word.
  if (read.type === 'failed') return isDecided(read.failure) ? answer : read;
  return cure(kube, request, answer.failure, read.object);
}

const schemaLags = /field not declared in schema/i;

/** Whether a failure may be one that something can be done about, which takes the live object to know. */
export function isCurable(failure: KubeFailure): boolean {
  return failure.status === 422 || schemaLags.test(failure.message);
}

async function cure(
  kube: KubePort,
  request: WriteRequest,
  failure: KubeFailure,
  live: KubeObject,
): Promise<WriteResult> {
  if (schemaLags.test(failure.message)) {
    const taken = await takeOver(kube, request, live, 'needed');
    return taken.type === 'taken' ? applyIfDue(kube, request, request.object) : taken;
  }
  const repair = planRepair(failure, live, request.object);
  if (repair !== undefined) return applyRepaired(kube, request, live, repair);
  if (immutableFields(failure).length === 0 || request.recreate === 'never')
    return { type: 'failed', failure };
  return recreate(kube, request, failure);
}

/** What only had to go is nobody's afterwards, and what had to come with it is ours alone. */
async function applyRepaired(
  kube: KubePort,
  request: WriteRequest,
  live: KubeObject,
  repair: JsonObject,
): Promise<WriteResult> {
  const { resource, ref } = request;
  if (!request.isDue(live)) return { type: 'undue' };
  const answer = await kube.patch(resource, ref, repair, { manager: repairManager });
  if (answer.type === 'failed') return answer;
  const taken = await takeOver(kube, request, answer.object, 'as-served');
  return taken.type === 'taken' ? applyIfDue(kube, request, request.object) : taken;
}

async function recreate(kube: KubePort, request: WriteRequest, failure: KubeFailure): Promise<WriteResult> {
  const result = await recreateObject(kube, request);
  switch (result.type) {
    case 'deleted':
      return applyIfDue(kube, request, request.object);
    case 'refused': {
      const message = `${failure.message}. It is not deleted to be made again: ${result.why}`;
      return { type: 'failed', failure: { ...failure, reason: notRecreatedReason, message } };
    }
    default:
      return result;
  }
}

async function applyIfDue(
  kube: KubePort,
  { resource, isDue }: WriteRequest,
  object: KubeObject,
): Promise<WriteResult> {
  if (!isDue()) return { type: 'undue' };
  const answer = await kube.apply(resource, object, { dryRun: false });
  return answer.type === 'ok' ? { type: 'applied', object: answer.object } : answer;
}

/** Its own manager: the patch changes whose fields are whose, and nothing that Git says. */
export const adoptionManager = 'fairlead-adoption';
const attempts = 5;

/** `live` where it is what was found, but for whose its fields are. */
interface Taken {
  readonly type: 'taken';
  readonly live?: KubeObject;
}

/** What repeats values of a version repeats those of the next one too, where only owners changed. */
function atVersionOf(object: KubeObject, live: KubeObject | undefined): KubeObject {
  const { resourceVersion } = live?.metadata ?? {};
  if (resourceVersion === undefined || object.metadata.resourceVersion === undefined) return object;
  return { ...object, metadata: { ...object.metadata, resourceVersion } };
}

/** Makes ours what is to be ours. Whoever writes meanwhile is waited for and read again. */
async function takeOver(
  kube: KubePort,
  request: WriteRequest,
  found: KubeObject,
  versions: TakeOver['versions'],
): Promise<WriteResult | Taken> {
  const { resource, ref } = request;
  let live = found;
  for (let attempt = 1; ; attempt += 1) {
    const patch = planTakeOver(live, howOf(request, live, versions));
    if (patch === undefined) return { type: 'taken' };
    if (!request.isDue(live)) return { type: 'undue' };
    const answer: KubeResult = await kube.jsonPatch(resource, ref, patch, { manager: adoptionManager });
    if (answer.type === 'ok')
      return attempt === 1 ? { type: 'taken', live: answer.object } : { type: 'taken' };
    if (answer.failure.status !== 409 || attempt === attempts) return answer;
    const read = await readLive(kube, resource, ref);
    if (read.type === 'absent') return { type: 'taken' };
    if (read.type === 'failed') return read;
    live = read.object;
  }
}

export type OwnRequest = Omit<WriteRequest, 'isDue' | 'recreate'>;

/** How fields of a live object are still to become ours, though an apply may change nothing of it; `undefined`: they are. */
export function takeOverOf(request: OwnRequest, live: KubeObject): ReturnType<typeof planTakeOver> {
  return planTakeOver(live, howOf(request, live, 'as-served'));
}

/**
 * Makes ours again what somebody took and left at Git's value. It changes no value, whoever writes meanwhile: each step is
 * of the version before it or none. `outrun`: somebody wrote in between, so that it has to be looked at again; `undefined`
 * where it came to nothing else; then it is as it was.
 */
export async function ownAgain(
  kube: KubePort,
  request: OwnRequest,
  live: KubeObject,
): Promise<KubeObject | 'outrun' | undefined> {
  const { resource, ref, object } = request;
  const patch = takeOverOf(request, live);
  if (patch !== undefined) {
    const taken = await kube.jsonPatch(resource, ref, patch, { manager: adoptionManager });
    return ownedOf(taken);
  }
  const { resourceVersion } = live.metadata;
  const metadata = { ...object.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) };
  return ownedOf(await kube.apply(resource, { ...object, metadata }, { dryRun: false }));
}

function ownedOf(answer: KubeResult): KubeObject | 'outrun' | undefined {
  if (answer.type === 'ok') return answer.object;
  // Also where it was deleted: what is made anew then is told of first.
  return [404, 409].includes(answer.failure.status) ? 'outrun' : undefined;
}

function howOf(request: OwnRequest, live: KubeObject, versions: TakeOver['versions']): TakeOver {
  const { object, ref, baseline, adopted, isServed } = request;
  return {
    desired: object,
    as: ownerOf(live, ref) === undefined && live.metadata.uid !== adopted ? 'adopt' : 'own',
    // What was read anew may be anything.
    isAtBaseline: request.isAtBaseline && live === request.live,
    isServed,
    versions,
    ...(baseline === undefined ? {} : { baseline }),
  };
}
