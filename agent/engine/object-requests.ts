import type { DesiredApplication } from '../../core/desired.ts';
import type { Health } from '../../core/health.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import { type Inspection, inspectObject, type LiveResult, readLive } from '../apply/inspect-object.ts';
import { type WriteResult, writeObject } from '../apply/write-object.ts';
import { type PreparedObject, withoutMarks } from '../plan/prepare-application.ts';
import { recreatePolicyOf } from '../plan/recreate-policy.ts';
import { resolveVersion } from '../plan/resource-index.ts';
import type { ApiResource, Baseline } from '../ports.ts';
import type { EngineServices } from './engine-services.ts';

interface Subject {
  readonly application: string;
  readonly key: string;
  readonly resource: ApiResource;
  readonly prepared: PreparedObject;
  /** The newest live object where it is at hand. */
  readonly live?: KubeObject;
}

/** Reads one object and asks what an apply would change. `bare`: without our marks, as others made it. */
export function requestInspection(
  services: EngineServices,
  { application, key, resource, prepared, live }: Subject,
  how: { readonly as: 'marked' | 'bare'; readonly ifAllowed: 'dry-run' | 'dry-run-if-allowed' },
): Promise<Inspection> {
  return services.limiter.run(application, () =>
    inspectObject(services.kube, {
      resource,
      ref: prepared.ref,
      object: how.as === 'bare' ? withoutMarks(prepared.object) : prepared.object,
      application,
      compareBy: services.guard.writes === 'never' ? 'fields' : how.ifAllowed,
      respectsOwner: (owner) => services.respectsOwner(owner, key),
      ...(live === undefined ? {} : { live }),
    }),
  );
}

/** Writes one object, when its application's turn at the API server comes. */
export function requestWrite(
  services: EngineServices,
  { application, resource, prepared, live }: Subject,
  how: {
    readonly baseline: Baseline | undefined;
    readonly isAtBaseline: boolean;
    readonly desired: DesiredApplication;
    readonly isDue: () => boolean;
  },
): Promise<WriteResult> {
  const { kind } = prepared.ref;
  return services.limiter.run(application, () =>
    writeObject(services.kube, {
      resource,
      ref: prepared.ref,
      object: prepared.object,
      application,
      isServed: (apiVersion) => resolveVersion(services.catalog.index, apiVersion, kind).type === 'served',
      isAtBaseline: how.isAtBaseline,
      recreate: recreatePolicyOf(prepared.object, how.desired.replace === true ? 'Background' : 'never'),
      isDue: how.isDue,
      ...(live === undefined ? {} : { live }),
      ...(how.baseline === undefined ? {} : { baseline: how.baseline.fields }),
    }),
  );
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
  if (ref.kind !== 'CustomResourceDefinition' || health?.status !== 'Healthy') return;
  activity
    .track(() => catalog.refresh())
    .catch((error: unknown) => log.warn({ error: String(error) }, 'discovery failed'));
}
