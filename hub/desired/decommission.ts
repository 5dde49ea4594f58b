import type { Digest } from '../../core/digest.ts';
import type { Gate } from '../../core/gate.ts';
import type { DecommissionRequest } from '../../core/operation.ts';
import type { ApplicationRecord } from '../ports.ts';

/** A cluster that leaves the fleet because a person asked for it, whatever Git says of it. */
export interface Decommission {
  readonly type: 'leaving';
  readonly operation: string;
  readonly cluster: string;
  readonly objects: DecommissionRequest['objects'];
  readonly requestedBy: string;
  /** ISO 8601. */
  readonly requestedAt: string;
  /** Desired states that its agent has said it is done with, by application. */
  readonly done: ReadonlyMap<string, Digest>;
}

/** A cluster that has left and was not enrolled again: its documents may still be in Git, and nothing is sent to it. */
export interface Departed {
  readonly type: 'left';
  readonly cluster: string;
  /** ISO 8601. */
  readonly at: string;
}

export type Departure = Decommission | Departed;

/**
 * What is sent to a cluster that leaves: of everything that it has, the order to end it, until its agent has done so.
 * Nothing new is sent to it; a report that is about an older order ends nothing.
 */
export function leavingEntries(
  before: ReadonlyMap<string, Digest>,
  departure: Departure,
  order: (application: string, decommission: Decommission) => Digest,
): ReadonlyMap<string, Digest> {
  if (departure.type === 'left' || departure.objects === 'abandon') return new Map();
  const orders = [...before.keys()].map(
    (application) => [application, order(application, departure)] as const,
  );
  return new Map(
    orders.filter(([application, digest]) => {
      const isSent = before.get(application) === digest;
      return !isSent || departure.done.get(application) !== digest;
    }),
  );
}

/**
 * An application of a cluster that leaves says so and keeps its content, so that a cancelled decommission brings it
 * back; of one that has left nothing is kept. One that would move there stays where it is.
 */
export function heldByDeparture(
  record: ApplicationRecord,
  before: ApplicationRecord | undefined,
  departure: Departure,
): ApplicationRecord {
  const gate = gateOf(departure);
  const isMoving = before?.digest !== undefined && before.cluster !== departure.cluster;
  if (isMoving) return { ...before, gates: [gate, ...othersOf(before)] };
  const held = { ...record, gates: [gate, ...othersOf(record)] };
  return departure.type === 'left' ? strippedRecord(held) : held;
}

function othersOf({ gates }: ApplicationRecord): readonly Gate[] {
  return gates.filter(({ kind }) => kind !== 'decommission');
}

/** What is left of an application's record once nothing of it runs on the cluster that has left. */
export function strippedRecord(record: ApplicationRecord): ApplicationRecord {
  const {
    digest: _digest,
    objectsDigest: _objects,
    renderKey: _key,
    inputs: _inputs,
    removal: _removal,
    ...rest
  } = record;
  return rest;
}

const deeds: Readonly<Record<Decommission['objects'], string>> = {
  delete: 'its objects are deleted',
  release: 'its objects are released, left as they are without our marks',
  abandon: 'what runs there is left to itself',
};

function gateOf(departure: Departure): Gate {
  const { cluster } = departure;
  if (departure.type === 'left') {
    return {
      kind: 'decommission',
      reason: `cluster ${cluster} was decommissioned: nothing is sent to it`,
      owner: 'the decommission of its cluster',
      since: departure.at,
      remedy: `Remove the Application or name another cluster; to bring this one back: \`fairlead cluster enroll ${cluster}\``,
    };
  }
  const { objects, operation, requestedBy, requestedAt } = departure;
  return {
    kind: 'decommission',
    reason: `cluster ${cluster} is being decommissioned: ${deeds[objects]}`,
    owner: requestedBy,
    since: requestedAt,
    remedy: `To keep the cluster: \`fairlead operation cancel ${operation}\`; what is gone by then is applied again`,
  };
}
