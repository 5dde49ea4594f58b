import { shortName } from '../../core/digest.ts';
import type { Gate } from '../../core/gate.ts';
import { displayRef, formatRef, type ObjectRef } from '../../core/object-ref.ts';

/** An object that a deletion names: its identity, and which of the objects of that identity over time it is. */
export interface ExactObject {
  readonly ref: ObjectRef;
  readonly uid: string;
}

/** A gate that a person can open, with exactly what they open it for. */
export interface PruneGate extends Gate {
  readonly id: string;
  readonly objects: readonly ObjectRef[];
}

/** What a confirmation holds: object → uid. */
export type Confirmed = ReadonlyMap<string, string>;

/** What a person confirmed, kept until it is gone or back in Git: survives the process, so that a crash in the middle goes on. */
export interface Confirmation {
  /** The operation that asked, so that it can be asked twice. */
  readonly operation: string;
  readonly id: string;
  /** Object → uid: these and no others. */
  readonly objects: Readonly<Record<string, string>>;
}

const idLength = 10;

/** The name of one exact set of objects of one application: another object, or another uid, is another name. */
function pruneId(application: string, objects: readonly ExactObject[]): string {
  const lines = objects.map(({ ref, uid }) => `${formatRef(ref)} ${uid}`).sort();
  return shortName([application, ...lines].join('\n')).slice(0, idLength);
}

export function confirmedBy(objects: readonly ExactObject[]): Confirmed {
  return new Map(objects.map(({ ref, uid }) => [formatRef(ref), uid]));
}

/** Nothing of it would be left. */
export function emptyGate(application: string, held: readonly ExactObject[]): PruneGate {
  const reason = `${application} has no object left in Git; ${listed(held)} would be deleted`;
  const also = ', or set spec.syncPolicy.automated.allowEmpty: true on the Application';
  return gateOf(application, held, reason, `Bring the manifests back${also}`);
}

/** Too large a share of it would go. `total`: what it has now; `maxShare`: what may go unasked. */
export function shareGate(
  application: string,
  held: readonly ExactObject[],
  { total, maxShare }: { readonly total: number; readonly maxShare: number },
): PruneGate {
  const percent = Math.round((held.length / total) * 100);
  const limit = Math.round(maxShare * 100);
  const reason = `${held.length} of ${total} objects of ${application} (${percent} %, more than ${limit} %) would be deleted: ${listed(held)}`;
  const ways =
    'Bring the manifests back, delete them from Git in smaller steps, raise the delete limits in Fleet';
  return gateOf(application, held, reason, ways);
}

/** Their kind, or they themselves, want to be asked about. */
export function kindGate(application: string, held: readonly ExactObject[]): PruneGate {
  const reason = `${listed(held)} left Git, and what holds the data or objects of others, or asks for it by Prune=confirm or Delete=confirm, is never deleted unasked`;
  const ways =
    'Bring the manifests back, or leave it there by annotating it with argocd.argoproj.io/sync-options: Prune=false';
  return gateOf(application, held, reason, ways);
}

function gateOf(application: string, held: readonly ExactObject[], reason: string, ways: string): PruneGate {
  const id = pruneId(application, held);
  const which = held.length === 1 ? 'exactly this one' : `exactly these ${held.length}`;
  return {
    kind: 'brake',
    reason,
    id,
    objects: held.map(({ ref }) => ref),
    remedy: `${ways}, or delete ${which} with \`fairlead app confirm-prune ${application} --id ${id}\``,
  };
}

const listedAtMost = 10;

function listed(objects: readonly ExactObject[]): string {
  const names = objects.slice(0, listedAtMost).map(({ ref }) => displayRef(ref));
  const more = objects.length - names.length;
  return `${names.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
