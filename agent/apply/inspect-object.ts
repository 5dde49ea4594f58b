import type { Drift, DriftField } from '../../core/drift.ts';
import type { IgnoreRule } from '../../core/ignore-rule.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import { ownerOf } from '../../core/tracking.ts';
import { classifyError } from '../plan/classify-error.ts';
import { compareObjects } from '../plan/compare-objects.ts';
import type { Remembered } from '../plan/explain-field.ts';
import { yieldFields } from '../plan/ignore-fields.ts';
import { predictApply } from '../plan/predict-apply.ts';
import { withoutMarks } from '../plan/prepare-application.ts';
import type { WriteJournal } from '../plan/write-journal.ts';
import type { ApiResource, Baseline, KubeFailure, KubePort } from '../ports.ts';

/** What an apply would do. Nothing is written. */
export type Inspection =
  | { readonly type: 'absent' }
  /** Another application's valid mark is on it. */
  | { readonly type: 'foreign'; readonly owner: string; readonly live: KubeObject }
  | { readonly type: 'terminating'; readonly live: KubeObject }
  | {
      readonly type: 'equal';
      readonly live: KubeObject;
      readonly predicted: KubeObject;
      readonly verdict: Drift['verdict'];
    }
  | {
      readonly type: 'differs';
      readonly live: KubeObject;
      readonly predicted: KubeObject;
      readonly fields: readonly DriftField[];
      readonly verdict: Drift['verdict'];
    }
  /** `live` where that could be read. */
  | { readonly type: 'failed'; readonly failure: KubeFailure; readonly live?: KubeObject };

export interface InspectRequest {
  readonly resource: ApiResource;
  readonly ref: ObjectRef;
  readonly object: KubeObject;
  readonly application: string;
  /** The newest live object where it is at hand, as from a watch event: saves the read. */
  readonly live?: KubeObject;
  /**
   * `dry-run`: what the API server says, which needs the rights of a write. `dry-run-if-allowed`: the same, or Git's
   * fields where those rights lack. `fields`: Git's fields, by reading alone.
   */
  readonly compareBy: 'dry-run' | 'dry-run-if-allowed' | 'fields';
  /** Whether an owner's mark still counts, or the object may be taken over from it. */
  readonly respectsOwner: (owner: string) => boolean;
  /** Fields that others may have. */
  readonly ignored?: readonly IgnoreRule[];
  /** The live object as its fields are owned when it is applied; absent: as they are now. */
  readonly ownedAs?: (live: KubeObject) => KubeObject;
  /** `bare`: it is compared as others made it, without our marks, unless it carries them. */
  readonly marks: 'marked' | 'bare';
  readonly baseline?: Baseline;
  /** What its versions told so far, asked for once the live object is known. */
  readonly journal: () => WriteJournal | undefined;
}

/** An object that is written all the time is compared as it is then. */
const attempts = 3;

/**
 * Reads, dry-runs and compares one object: two requests, or one where the live object is at hand. What somebody else
 * writes between the two would look like a difference: the dry-run answers with the resource version that it started
 * from, and where that isn't the one that was read, both are asked again.
 */
export async function inspectObject(kube: KubePort, request: InspectRequest): Promise<Inspection> {
  let { live } = request;
  for (let attempt = 1; ; attempt += 1) {
    const found = await inspectOnce(kube, { ...request, ...(live === undefined ? {} : { live }) });
    if (found.type !== 'differs' || attempt === attempts || isOneVersion(found)) return found;
    const read = await readLive(kube, request.resource, request.ref);
    if (read.type !== 'live') return read;
    live = read.object;
  }
}

function isOneVersion({ live, predicted }: Extract<Inspection, { type: 'differs' }>): boolean {
  return live.metadata.resourceVersion === predicted.metadata.resourceVersion;
}

async function inspectOnce(kube: KubePort, request: InspectRequest): Promise<Inspection> {
  const { resource, ref } = request;
  const read: LiveResult =
    request.live === undefined ? await readLive(kube, resource, ref) : { type: 'live', object: request.live };
  if (read.type !== 'live') return read;
  const found = read.object;
  const owner = ownerOf(found, ref);
  if (owner !== undefined && owner !== request.application && request.respectsOwner(owner)) {
    return { type: 'foreign', owner, live: found };
  }
  if (found.metadata.deletionTimestamp !== undefined) return { type: 'terminating', live: found };
  const marks = owner === request.application ? 'marked' : request.marks;
  const applied = marks === 'bare' ? withoutMarks(request.object) : request.object;
  const { object } = yieldFields(applied, request.ownedAs?.(found) ?? found, request.ignored);
  const answer = await predict(kube, { ...request, object }, found);
  if (answer.type === 'failed') return { ...answer, live: found };
  const { predicted, verdict } = answer;
  const fields = compareObjects(found, predicted, rememberedOf({ ...request, marks }));
  if (fields.length === 0) return { type: 'equal', live: found, predicted, verdict };
  return { type: 'differs', live: found, predicted, fields, verdict };
}

export function rememberedOf({
  marks,
  baseline,
  journal,
}: Pick<InspectRequest, 'marks' | 'baseline' | 'journal'>): Remembered {
  const known = journal();
  return {
    marks,
    ...(baseline === undefined ? {} : { baseline }),
    ...(known === undefined ? {} : { journal: known }),
  };
}

type Prediction =
  | { readonly type: 'ok'; readonly predicted: KubeObject; readonly verdict: Drift['verdict'] }
  | { readonly type: 'failed'; readonly failure: KubeFailure };

async function predict(
  kube: KubePort,
  { resource, object, compareBy }: InspectRequest,
  live: KubeObject,
): Promise<Prediction> {
  if (compareBy !== 'fields') {
    const answer = await kube.apply(resource, object, { dryRun: true });
    if (answer.type === 'ok') return { type: 'ok', predicted: answer.object, verdict: 'exact' };
    const { code } = classifyError(answer.failure);
    const isUnsupported = code === 'dry-run-unsupported';
    if (!isUnsupported && (code !== 'forbidden' || compareBy === 'dry-run')) return answer;
  }
  return { type: 'ok', predicted: predictApply(live, object), verdict: 'approximate' };
}

export type LiveResult =
  | { readonly type: 'live'; readonly object: KubeObject }
  | { readonly type: 'absent' }
  | { readonly type: 'failed'; readonly failure: KubeFailure };

/** Reads one object. A 404 of the object means that it is absent; one of its kind proves nothing. */
export async function readLive(kube: KubePort, resource: ApiResource, ref: ObjectRef): Promise<LiveResult> {
  const answer = await kube.get(resource, ref);
  if (answer.type === 'ok') return { type: 'live', object: answer.object };
  if (answer.failure.status === 404 && answer.failure.reason === 'NotFound' && !namesKind(answer.failure)) {
    return { type: 'absent' };
  }
  return answer;
}

/** The API server's answer for a kind it doesn't serve carries the same reason as for an object that isn't there. */
function namesKind(failure: KubeFailure): boolean {
  return /could not find the requested resource/i.test(failure.message);
}
