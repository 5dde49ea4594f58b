import { decodeDesired } from '../../core/desired.ts';
import { AppError } from '../../core/error.ts';
import type { Manifest } from '../../core/kube-object.ts';
import { displayRef } from '../../core/object-ref.ts';
import type { ApplicationStatus } from '../../core/status.ts';
import type { ApplicationRecord, Commit, StorePort } from '../ports.ts';
import { type ContainerImage, imagesOf } from '../resolve/images-of.ts';

/** One application of the source environment, and what is approved there. */
export interface PromotionSource {
  readonly record: ApplicationRecord;
  readonly manifests: readonly Manifest[];
  readonly images: readonly ContainerImage[];
  /** The commit that brought it; later ones changed nothing for its objects. */
  readonly commit: Commit | undefined;
}

/**
 * What the source environment runs: the desired state that its agents have applied. Nothing is rendered for it. Throws
 * AppError `conflict` where one of its applications isn't known to run well (unless that is allowed), or where its
 * clusters don't run the same.
 */
export async function readSources(
  store: StorePort,
  records: readonly ApplicationRecord[],
  options: { readonly allowUnhealthy: boolean },
): Promise<readonly PromotionSource[]> {
  const statuses = await store.readStatuses(records.map(({ application }) => application));
  const sources: PromotionSource[] = [];
  for (const record of records) {
    const reason = notReady(record, statuses.get(record.application));
    if (reason !== undefined && (!options.allowUnhealthy || record.digest === undefined)) {
      const isStuck = record.digest === undefined;
      throw new AppError('conflict', `it is not known to run well, so it is not promoted: ${reason}`, {
        subject: record.application,
        remedy: isStuck
          ? `See \`fairlead app get ${record.application}\``
          : `Mend it first (\`fairlead app get ${record.application}\`), or promote what Git says there with --allow-unhealthy`,
      });
    }
    const digest = record.digest ?? '';
    const bytes = (await store.readBlobs([digest])).get(digest);
    if (bytes === undefined) {
      throw new AppError('unavailable', 'what it should run is not stored any more', {
        subject: record.application,
        remedy: 'Try again after the next pass',
      });
    }
    const { manifests } = decodeDesired(bytes);
    const commit = await findCommit(store, record);
    sources.push({ record, manifests, images: imagesOf(manifests), commit });
  }
  checkAgreement(sources);
  return sources;
}

/** The oldest entry of its history from which on its objects are what they are now. */
async function findCommit(
  store: StorePort,
  { application, commit }: ApplicationRecord,
): Promise<Commit | undefined> {
  const [newest, ...older] = await store.listHistory(application);
  if (newest === undefined) return commit;
  const until = older.findIndex(({ objectsDigest }) => objectsDigest !== newest.objectsDigest);
  const first = until < 0 ? older.at(-1) : older[until - 1];
  return (first ?? newest).commit;
}

/** Why an application doesn't count as approved by running; `undefined` where it does. */
function notReady(record: ApplicationRecord, status: ApplicationStatus | undefined): string | undefined {
  const gate = record.gates[0];
  if (record.digest === undefined)
    return gate?.reason ?? record.problems[0]?.message ?? 'it has not been rendered yet';
  if (gate !== undefined) return gate.reason;
  if (status === undefined) return `cluster ${record.cluster} has not reported it yet`;
  if (status.digest !== record.digest || status.appliedDigest !== record.digest) {
    return `cluster ${record.cluster} has not applied its newest commit yet`;
  }
  const [drift] = status.drifts;
  if (drift !== undefined) {
    return `it has ${status.drifts.length} open drift${status.drifts.length === 1 ? '' : 's'}, of ${displayRef(drift.ref)}`;
  }
  if (status.sync !== 'Synced') return `it is ${status.sync}`;
  if (status.health.status !== 'Healthy') {
    const { message } = status.health;
    return `it is ${status.health.status}${message === '' ? '' : `: ${message}`}`;
  }
  return undefined;
}

function checkAgreement(sources: readonly PromotionSource[]): void {
  const [first, ...others] = sources;
  if (first === undefined) return;
  const wanted = imagesByPlace(first);
  for (const other of others) {
    for (const [place, image] of imagesByPlace(other)) {
      const expected = wanted.get(place);
      if (expected === undefined || expected === image) continue;
      throw new AppError(
        'conflict',
        `its clusters run different images: ${place} is ${expected} on ${first.record.cluster} and ${image} on ${other.record.cluster}`,
        {
          subject: `${first.record.application}, ${other.record.application}`,
          remedy: `Say which one counts: --from-cluster ${first.record.cluster}, or --from-cluster ${other.record.cluster}`,
        },
      );
    }
  }
}

function imagesByPlace({ images }: PromotionSource): ReadonlyMap<string, string> {
  return new Map(
    images.map(({ ref, container, image }) => [`${ref.kind} ${ref.name}, container ${container}`, image]),
  );
}
