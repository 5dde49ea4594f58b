import type { ApplicationPolicy } from '../../core/desired.ts';
import { mayDryRun } from '../../core/guard.ts';
import type { Health } from '../../core/health.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import {
  type Inspection,
  type InspectRequest,
  inspectObject,
  type LiveResult,
  readLive,
} from '../apply/inspect-object.ts';
import { lenientKube } from '../apply/lenient-kube.ts';
import { type Preview, previewObject } from '../apply/preview-object.ts';
import { ownAgain, takeOverOf, type WriteResult, writeObject } from '../apply/write-object.ts';
import { yieldFields } from '../plan/ignore-fields.ts';
import type { PreparedObject } from '../plan/prepared-object.ts';
import { recreatePolicyOf } from '../plan/recreate-policy.ts';
import { resolveKind, resolveVersion } from '../plan/resource-index.ts';
import { ownedAfter } from '../plan/take-over.ts';
import type { ApiResource, Baseline, KubePort } from '../ports.ts';
import type { EngineServices } from './engine-services.ts';

export interface Subject {
  readonly application: string;
  readonly key: string;
  readonly resource: ApiResource;
  readonly prepared: PreparedObject;
  /** The newest live object where it is at hand. */
  readonly live?: KubeObject;
}

/** How to reach an object; `undefined` where that isn't known. */
export function resourceOf(
  { catalog }: EngineServices,
  ref: ObjectRef,
  prepared: PreparedObject | undefined,
): ApiResource | undefined {
  const found =
    prepared === undefined
      ? resolveKind(catalog.index, ref.group, ref.kind)
      : resolveVersion(catalog.index, prepared.apiVersion, ref.kind);
  return found.type === 'served' ? found.resource : undefined;
}

/** Reads one object and asks what an apply would change. `bare`: without our marks, as others made it, unless they are on it. */
export function requestInspection(
  services: EngineServices,
  subject: Subject,
  how: Known & { readonly marks: 'marked' | 'bare'; readonly ifAllowed: 'dry-run' | 'dry-run-if-allowed' },
): Promise<Inspection> {
  const { application, prepared, live } = subject;
  const request = inspectionOf(services, subject, how);
  return services.limiter.run(application, () =>
    inspectObject(kubeFor(services, prepared), { ...request, ...(live === undefined ? {} : { live }) }),
  );
}

/** What a sync would change of one object, all that it would take over included; nothing is written. */
export function requestPreview(services: EngineServices, subject: Subject, known: Known): Promise<Preview> {
  const how = { ...known, marks: 'marked', ifAllowed: 'dry-run-if-allowed' } as const;
  const planOf = (live: KubeObject) => takeOverOf(takenFrom(services, { ...subject, live }, how), live);
  const request = {
    ...inspectionOf(services, subject, how),
    ownedAs: (live: KubeObject) => ownedAfter(live, planOf(live)),
  };
  return services.limiter.run(subject.application, () =>
    previewObject(kubeFor(services, subject.prepared), request, planOf),
  );
}

function inspectionOf(
  services: EngineServices,
  { application, key, resource, prepared }: Subject,
  { marks, ifAllowed, baseline, journal }: Parameters<typeof requestInspection>[2],
): Omit<InspectRequest, 'live'> {
  return {
    resource,
    ref: prepared.ref,
    object: prepared.object,
    application,
    marks,
    journal,
    ...(baseline === undefined ? {} : { baseline }),
    ...(prepared.ignored === undefined ? {} : { ignored: prepared.ignored }),
    compareBy: mayDryRun(services.guard) ? ifAllowed : 'fields',
    respectsOwner: (owner) => services.respectsOwner(owner, key),
  };
}

function kubeFor({ kube }: EngineServices, { unvalidated }: PreparedObject): KubePort {
  return unvalidated === true ? lenientKube(kube) : kube;
}

export interface Remembered {
  readonly baseline: Baseline | undefined;
  readonly isAtBaseline: boolean;
}

/** What is remembered, and what its versions told so far. */
export interface Known extends Remembered, Pick<InspectRequest, 'journal'> {}

/** Writes one object, when its application's turn at the API server comes. */
export function requestWrite(
  services: EngineServices,
  subject: Subject,
  how: Remembered & {
    readonly desired: ApplicationPolicy;
    readonly isDue: (live?: KubeObject) => boolean;
  },
): Promise<WriteResult> {
  const ofApplication = how.desired.replace === true ? 'Background' : 'never';
  return services.limiter.run(subject.application, () =>
    writeObject(kubeFor(services, subject.prepared), {
      ...takenFrom(services, subject, how),
      recreate: recreatePolicyOf(subject.prepared.object, ofApplication),
      isDue: how.isDue,
    }),
  );
}

/** Whether fields of a live object are still to become ours, though an apply would change nothing of it. */
export function awaitsTakeOver(services: EngineServices, subject: Subject, how: Remembered): boolean {
  const { live } = subject;
  return live !== undefined && takeOverOf(takenFrom(services, subject, how), live) !== undefined;
}

/** Makes ours again what is as Git says; the live object after it, or why it came to nothing, as `ownAgain` says it. */
export function requestOwnership(
  services: EngineServices,
  subject: Subject & { readonly live: KubeObject },
  how: Remembered,
): ReturnType<typeof ownAgain> {
  return services.limiter.run(subject.application, () =>
    ownAgain(kubeFor(services, subject.prepared), takenFrom(services, subject, how), subject.live),
  );
}

function takenFrom(
  { catalog }: EngineServices,
  { application, resource, prepared, live }: Subject,
  { baseline, isAtBaseline }: Remembered,
) {
  const { ref, object } = prepared;
  const request = {
    application,
    resource,
    ref,
    object,
    isAtBaseline,
    isServed: (apiVersion: string) => resolveVersion(catalog.index, apiVersion, ref.kind).type === 'served',
    ...(live === undefined ? {} : { live }),
    ...(baseline === undefined ? {} : { baseline: baseline.fields }),
    ...(baseline?.ownedAt === undefined ? {} : { adopted: baseline.uid }),
  };
  if (live === undefined) return request;
  // An ignored field that becomes ours has to be said as it is: left out, the API server would take it away.
  const owned = ownedAfter(live, takeOverOf(request, live));
  return { ...request, object: withoutIgnored(prepared, owned) };
}

/** What left Git: whether it is still there. A kind that is gone took its objects with it. */
export async function requestLeftover(
  services: EngineServices,
  application: string,
  ref: ObjectRef,
  resource: ApiResource | undefined,
): Promise<LiveResult | undefined> {
  const { kube, limiter, catalog } = services;
  const read =
    resource === undefined ? undefined : await limiter.run(application, () => readLive(kube, resource, ref));
  if (read !== undefined && (read.type !== 'failed' || read.failure.status !== 404)) return read;
  return (await catalog.lacks(ref)) ? { type: 'absent' } : undefined;
}

/** What the cluster serves follows its definitions: once one is established, that is asked for again. */
export function noteDefinition(
  { activity, catalog, log }: EngineServices,
  ref: ObjectRef,
  health: Health | undefined,
): void {
  if (ref.kind !== 'CustomResourceDefinition') return;
  if (health?.status !== 'Healthy') {
    catalog.forgo(ref.name);
    return;
  }
  activity
    .track(() => catalog.expect(ref.name))
    .catch((error: unknown) => log.warn({ error: String(error) }, 'discovery failed'));
}

/** What repeats values that are live is written to the version that has them, or not at all (409). */
function withoutIgnored({ object, ignored }: PreparedObject, live: KubeObject): KubeObject {
  const yielded = yieldFields(object, live, ignored);
  const { resourceVersion } = live.metadata;
  if (yielded.of === 'any-version' || resourceVersion === undefined) return yielded.object;
  return { ...yielded.object, metadata: { ...yielded.object.metadata, resourceVersion } };
}
