import { defaultDeleteLimits } from '../../core/desired.ts';
import type { Digest } from '../../core/digest.ts';
import type { Gate } from '../../core/gate.ts';
import { emptyHead, type Head } from '../../core/head.ts';
import { equalJson, type Json } from '../../core/json.ts';
import type { ResourceRules } from '../../core/resource-filter.ts';
import type { ApplicationRecord } from '../ports.ts';
import {
  type Decommission,
  type Departure,
  heldByDeparture,
  leavingEntries,
  strippedRecord,
} from './decommission.ts';
import { type Sealed, tombstoneOf } from './desired-application.ts';
import { applicationOf, type Outcome, recordOf } from './outcome.ts';

interface AssembleFacts {
  /** Records of the last pass, by application. */
  readonly previous: ReadonlyMap<string, ApplicationRecord>;
  readonly heads: ReadonlyMap<string, Head>;
  /** Those that have a Cluster document. */
  readonly clusters: ReadonlySet<string>;
  /** One for every application that the catalog knows. */
  readonly outcomes: readonly Outcome[];
  /** `removalKey`s whose agent has said that the removal is done. */
  readonly finishedRemovals: ReadonlySet<string>;
  /** Clusters that leave the fleet or have left it, by name. */
  readonly departures: ReadonlyMap<string, Departure>;
  /** Which kinds count, by cluster; absent where the fleet says nothing of it. */
  readonly resourceRules?: ReadonlyMap<string, ResourceRules>;
  readonly seal: (desired: ReturnType<typeof tombstoneOf>) => Sealed;
}

export interface Assembled {
  /** New or different from before. */
  readonly applications: readonly ApplicationRecord[];
  readonly removedApplications: readonly string[];
  /** Of clusters whose head changed, one generation on. */
  readonly heads: ReadonlyMap<string, Head>;
  /** Contents of new tombstones. */
  readonly blobs: ReadonlyMap<Digest, Uint8Array>;
  /** Of the clusters that leave the fleet, those with nothing left to do. */
  readonly departed: readonly string[];
}

export function removalKey(cluster: string, application: string): string {
  return `${cluster}\n${application}`;
}

/**
 * Joins what a pass found with what was in force: the next records and heads. Rules of the design (§4): what is
 * frozen or newly refused keeps what it has; an application that left Git gets a tombstone until its agent is done;
 * one that moved to another cluster is released on the old one. A cluster without its document keeps all that it has,
 * and so does one that would lose most of its applications at once. A cluster that leaves the fleet because a person
 * asked for it is sent nothing but the order to end what it has, whatever its documents say.
 */
export function assemble(facts: AssembleFacts): Assembled {
  const records = new Map<string, ApplicationRecord>();
  const blobs = new Map<Digest, Uint8Array>();
  for (const outcome of facts.outcomes) {
    const record = recordOf(outcome, facts.previous);
    if (record !== undefined) records.set(record.application, record);
  }
  const brakes = findBrakes(facts, records);
  const removedApplications: string[] = [];
  for (const [application, before] of facts.previous) {
    if (records.has(application)) continue;
    const record = removedRecord(before, facts, brakes, blobs);
    if (record === undefined) removedApplications.push(application);
    else records.set(application, record);
  }
  holdBack(facts, records);
  const heads = nextHeads(records, facts, blobs);
  const departed = departedOf(facts, heads);
  removedApplications.push(...stripDeparted(facts, departed, records));
  const applications = [...records.values()].filter(
    (record) =>
      !equalJson(record as unknown as Json, facts.previous.get(record.application) as unknown as Json),
  );
  return { applications, removedApplications, heads, blobs, departed };
}

/** What would run on a cluster that leaves or has left. */
function holdBack(facts: AssembleFacts, records: Map<string, ApplicationRecord>): void {
  for (const record of [...records.values()]) {
    const departure = facts.departures.get(record.cluster);
    if (departure === undefined) continue;
    const before = facts.previous.get(record.application);
    records.set(record.application, heldByDeparture(record, before, departure));
  }
}

/** Clusters that were to leave and have nothing left to do. */
function departedOf(facts: AssembleFacts, heads: ReadonlyMap<string, Head>): readonly string[] {
  return [...facts.departures.values()].flatMap(({ type, cluster }) => {
    const { entries } = heads.get(cluster) ?? facts.heads.get(cluster) ?? emptyHead;
    return type === 'leaving' && entries.size === 0 ? [cluster] : [];
  });
}

/** Nothing of these records runs any more; returns those that Git doesn't know either. */
function stripDeparted(
  facts: AssembleFacts,
  departed: readonly string[],
  records: Map<string, ApplicationRecord>,
): readonly string[] {
  const inGit = new Set(facts.outcomes.map((outcome) => applicationOf(outcome)));
  const members = [...records.values()].filter(({ cluster }) => departed.includes(cluster));
  for (const record of members) {
    if (inGit.has(record.application)) records.set(record.application, strippedRecord(record));
    else records.delete(record.application);
  }
  return members.map(({ application }) => application).filter((application) => !inGit.has(application));
}

/** The record of an application whose document is gone; `undefined` once nothing is left to do. */
function removedRecord(
  before: ApplicationRecord,
  facts: AssembleFacts,
  brakes: ReadonlyMap<string, Gate>,
  blobs: Map<Digest, Uint8Array>,
): ApplicationRecord | undefined {
  if (before.digest === undefined) return undefined;
  if (facts.finishedRemovals.has(removalKey(before.cluster, before.application))) return undefined;
  if (before.removal === undefined && !facts.clusters.has(before.cluster)) {
    return { ...before, gates: [undeclaredCluster(before.cluster)], problems: [] };
  }
  const brake = brakes.get(before.cluster);
  if (brake !== undefined && isNewDeletion(before)) return { ...before, gates: [brake], problems: [] };
  const removal = before.deletesOnRemoval ? 'delete' : 'release';
  const sealed = facts.seal(tombstoneOf(before, removal, facts.resourceRules?.get(before.cluster)));
  blobs.set(sealed.digest, sealed.bytes);
  const { renderKey: _renderKey, inputs: _inputs, refusal: _refusal, ...rest } = before;
  return { ...rest, digest: sealed.digest, gates: [], problems: [], removal };
}

function isNewDeletion(before: ApplicationRecord): boolean {
  return before.digest !== undefined && before.removal === undefined && before.deletesOnRemoval;
}

/**
 * Clusters that would lose most of their applications, with all their objects, because the documents are gone at once:
 * that is a slip more often than a wish. The brake of design §5.2, counted per cluster.
 */
function findBrakes(
  facts: AssembleFacts,
  records: ReadonlyMap<string, ApplicationRecord>,
): ReadonlyMap<string, Gate> {
  const running = new Map<string, number>();
  const leaving = new Map<string, number>();
  for (const before of facts.previous.values()) {
    if (before.digest === undefined || before.removal !== undefined) continue;
    running.set(before.cluster, (running.get(before.cluster) ?? 0) + 1);
    if (records.has(before.application) || !isNewDeletion(before)) continue;
    leaving.set(before.cluster, (leaving.get(before.cluster) ?? 0) + 1);
  }
  const brakes = new Map<string, Gate>();
  for (const [cluster, count] of leaving) {
    const total = running.get(cluster) ?? 0;
    if (total < defaultDeleteLimits.freeObjects || count <= total * defaultDeleteLimits.maxShare) continue;
    brakes.set(cluster, {
      kind: 'brake',
      reason: `the documents of ${count} of the ${total} applications on cluster ${cluster} are gone at once, which would delete all their objects: they stay as they are`,
      remedy:
        'Restore the documents; to remove them, remove at most half at a time, or take their resources finalizer away first to leave the objects',
    });
  }
  return brakes;
}

function undeclaredCluster(cluster: string): Gate {
  return {
    kind: 'frozen',
    reason: `its Application document is gone, and so is the document of cluster ${cluster}: what runs there stays as it is`,
    remedy: `Restore the Cluster document of ${cluster}, so that its agent may remove what left Git`,
  };
}

function nextHeads(
  records: ReadonlyMap<string, ApplicationRecord>,
  facts: AssembleFacts,
  blobs: Map<Digest, Uint8Array>,
): ReadonlyMap<string, Head> {
  const wanted = new Map<string, Map<string, Digest>>();
  for (const cluster of facts.heads.keys()) wanted.set(cluster, new Map());
  for (const record of records.values()) {
    if (record.digest === undefined) continue;
    entriesOf(wanted, record.cluster).set(record.application, record.digest);
  }
  addDepartures(wanted, records, facts, blobs);
  for (const [cluster, departure] of facts.departures) {
    const before = facts.heads.get(cluster) ?? emptyHead;
    const order = (application: string, decommission: Decommission): Digest =>
      sealOrder(cluster, application, decommission, facts, blobs);
    wanted.set(cluster, new Map(leavingEntries(before.entries, departure, order)));
  }
  const heads = new Map<string, Head>();
  for (const [cluster, entries] of wanted) {
    const before = facts.heads.get(cluster) ?? emptyHead;
    if (!equalEntries(before.entries, entries))
      heads.set(cluster, { generation: before.generation + 1, entries });
  }
  return heads;
}

/** An application that now runs elsewhere is released on the cluster it left, until that cluster's agent has done so. */
function addDepartures(
  wanted: Map<string, Map<string, Digest>>,
  records: ReadonlyMap<string, ApplicationRecord>,
  facts: AssembleFacts,
  blobs: Map<Digest, Uint8Array>,
): void {
  for (const [cluster, head] of facts.heads) {
    for (const [application, digest] of head.entries) {
      const record = records.get(application);
      if (record === undefined || record.cluster === cluster) continue;
      if (facts.finishedRemovals.has(removalKey(cluster, application))) continue;
      if (!facts.clusters.has(cluster)) {
        entriesOf(wanted, cluster).set(application, digest);
        continue;
      }
      const sealed = facts.seal(tombstoneOf(record, 'release', facts.resourceRules?.get(cluster)));
      blobs.set(sealed.digest, sealed.bytes);
      entriesOf(wanted, cluster).set(application, sealed.digest);
    }
  }
}

/** The order to end one application on a cluster that leaves. */
function sealOrder(
  cluster: string,
  application: string,
  { objects, operation }: Decommission,
  facts: AssembleFacts,
  blobs: Map<Digest, Uint8Array>,
): Digest {
  const subject = facts.previous.get(application) ?? { application, project: '', namespace: '' };
  const removal = objects === 'delete' ? 'delete' : 'release';
  const rules = facts.resourceRules?.get(cluster);
  const sealed = facts.seal({ ...tombstoneOf(subject, removal, rules), order: operation });
  blobs.set(sealed.digest, sealed.bytes);
  return sealed.digest;
}

function entriesOf(wanted: Map<string, Map<string, Digest>>, cluster: string): Map<string, Digest> {
  const entries = wanted.get(cluster) ?? new Map<string, Digest>();
  wanted.set(cluster, entries);
  return entries;
}

function equalEntries(left: ReadonlyMap<string, Digest>, right: ReadonlyMap<string, Digest>): boolean {
  if (left.size !== right.size) return false;
  for (const [application, wanted] of left) if (right.get(application) !== wanted) return false;
  return true;
}
