import type { Digest } from '../../core/digest.ts';
import type { Gate } from '../../core/gate.ts';
import type { DecommissionRequest } from '../../core/operation.ts';
import type { ApplicationRecord } from '../ports.ts';

/** A cluster that leaves the fleet because a person asked for it, whatever Git says of it. */
export interface Decommission {
  readonly operation: string;
  readonly cluster: string;
  readonly objects: DecommissionRequest['objects'];
  readonly requestedBy: string;
  /** ISO 8601. */
  readonly requestedAt: string;
  /** Desired states that its agent has said it is done with, by application. */
  readonly done: ReadonlyMap<string, Digest>;
}

/**
 * What is sent to a cluster that leaves: of everything that it has, the order to end it, until its agent has done so.
 * Nothing new is sent to it; a report that is about an older order ends nothing.
 */
export function leavingEntries(
  before: ReadonlyMap<string, Digest>,
  { objects, done }: Decommission,
  order: (application: string) => Digest,
): ReadonlyMap<string, Digest> {
  if (objects === 'abandon') return new Map();
  const orders = [...before.keys()].map((application) => [application, order(application)] as const);
  return new Map(
    orders.filter(([application, digest]) => {
      const isSent = before.get(application) === digest;
      return !isSent || done.get(application) !== digest;
    }),
  );
}

/**
 * An application of a cluster that leaves says so and keeps its content, so that a cancelled decommission brings it
 * back. One that would move there stays where it is.
 */
export function heldByDecommission(
  record: ApplicationRecord,
  before: ApplicationRecord | undefined,
  decommission: Decommission,
): ApplicationRecord {
  const gate = gateOf(decommission);
  const isMoving = before?.digest !== undefined && before.cluster !== decommission.cluster;
  const kept = isMoving ? before : record;
  return { ...kept, gates: [gate, ...kept.gates.filter(({ kind }) => kind !== 'decommission')] };
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
  return { ...rest, gates: record.gates.filter(({ kind }) => kind !== 'decommission') };
}

const deeds: Readonly<Record<Decommission['objects'], string>> = {
  delete: 'its objects are deleted',
  release: 'its objects are released, left as they are without our marks',
  abandon: 'what runs there is left to itself',
};

function gateOf({ cluster, objects, operation, requestedBy, requestedAt }: Decommission): Gate {
  return {
    kind: 'decommission',
    reason: `cluster ${cluster} is being decommissioned: ${deeds[objects]}`,
    owner: requestedBy,
    since: requestedAt,
    remedy: `To keep the cluster: \`fairlead operation cancel ${operation}\`; what is gone by then is applied again`,
  };
}
