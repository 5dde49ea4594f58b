import { decodeDesired } from '../../core/desired.ts';
import { AppError } from '../../core/error.ts';
import { refOf } from '../../core/kube-object.ts';
import { formatRef, type ObjectRef } from '../../core/object-ref.ts';
import type { ExplainedObject } from '../explain/facts.ts';
import {
  formatTarget,
  matchesTarget,
  type ObjectTarget,
  parseObjectTarget,
} from '../explain/object-target.ts';
import type { ApplicationRecord, StorePort } from '../ports.ts';
import { findApplication } from './find-application.ts';
import { suggest } from './nearest-names.ts';

export interface Explained {
  readonly record: ApplicationRecord;
  readonly object?: ExplainedObject;
}

interface Candidate {
  readonly record: ApplicationRecord;
  readonly ref: ObjectRef;
}

/**
 * What a person wants explained: an application, or else an object that an agent reports. Throws AppError `not-found`
 * with near names, or `conflict` with all that it could mean.
 */
export async function findExplained(store: StorePort, target: string): Promise<Explained> {
  const objects = parseObjectTarget(target);
  if (objects.length === 0) return { record: await findApplication(store, target) };
  const record = await findApplicationOr(store, target);
  if (record !== undefined) return { record };
  const { record: holder, ref } = await findObject(store, target, objects);
  return { record: holder, object: { ref, declared: await findDeclared(store, holder, ref) } };
}

/** `undefined` where no application is called so: it may still be an object. */
async function findApplicationOr(store: StorePort, target: string): Promise<ApplicationRecord | undefined> {
  try {
    return await findApplication(store, target);
  } catch (error) {
    if (error instanceof AppError && error.code === 'not-found') return undefined;
    throw error;
  }
}

async function findObject(
  store: StorePort,
  target: string,
  meanings: readonly ObjectTarget[],
): Promise<Candidate> {
  const [records, statuses] = await Promise.all([store.listApplications(), store.readStatuses()]);
  const all = records.flatMap((record) =>
    (statuses.get(record.application)?.objects ?? []).map(({ ref }) => ({ record, ref })),
  );
  for (const meaning of meanings) {
    const found = all.filter(({ record, ref }) => matchesTarget(ref, record.cluster, meaning));
    const [first, ...others] = found;
    if (first === undefined) continue;
    if (others.length === 0) return first;
    throw ambiguous(target, found);
  }
  throw unknown(target, records, all, meanings);
}

const named = 5;

function ambiguous(target: string, found: readonly Candidate[]): AppError {
  const names = found.slice(0, named).map(({ record, ref }) => formatTarget(ref, record.cluster));
  const more = found.length > named ? `, and ${found.length - named} more` : '';
  return new AppError('conflict', `${found.length} objects are called so`, {
    subject: target,
    remedy: `Name one of them whole: ${names.join(', ')}${more}`,
  });
}

function unknown(
  target: string,
  records: readonly ApplicationRecord[],
  all: readonly Candidate[],
  meanings: readonly ObjectTarget[],
): AppError {
  const names = records.flatMap(({ name, cluster, application }) => [
    name,
    `${cluster}/${name}`,
    application,
  ]);
  const last = meanings[0]?.name ?? '';
  const alike = all
    .filter(({ ref }) => ref.name === last)
    .map(({ record, ref }) => formatTarget(ref, record.cluster));
  return new AppError('not-found', 'no application is called so, and no agent reports such an object', {
    subject: target,
    remedy: suggest(target, [...names, ...alike], 'fairlead app list'),
  });
}

/** The place in Git that an object comes from, by the desired state that the agent is sent. */
async function findDeclared(
  store: StorePort,
  { digest, namespace }: ApplicationRecord,
  ref: ObjectRef,
): Promise<ExplainedObject['declared']> {
  const bytes = digest === undefined ? undefined : (await store.readBlobs([digest])).get(digest);
  if (bytes === undefined) return { type: 'unknown' };
  const manifest = decodeDesired(bytes).manifests.find(({ object }) => {
    const written = refOf(object);
    // Written without a namespace it goes to the application's; written with one its kind may have none.
    const place = ref.namespace === '' ? '' : written.namespace || namespace;
    return formatRef({ ...written, namespace: place }) === formatRef(ref);
  });
  return manifest === undefined ? { type: 'gone' } : { type: 'at', location: manifest.origin };
}
