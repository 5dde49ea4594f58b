import { InventoryStore } from '../../agent/apply/inventory-store.ts';
import type { KubePort } from '../../agent/ports.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { partOf } from '../../core/tracking.ts';
import { type Witness, watched } from './witness.ts';

/** Everything of one run that can be compared with another run of the same scenario. */
export interface Snapshot {
  /** `Kind/name` → all of it but its status: spec, marks, and who owns which field. */
  readonly objects: Readonly<Record<string, unknown>>;
  /** `Kind/name` → how many objects there ever were under this name. */
  readonly incarnations: Readonly<Record<string, number>>;
  /** Application → what it owns by the inventory. */
  readonly inventory: Readonly<Record<string, readonly string[]>>;
}

export interface SnapshotSubject {
  readonly kube: KubePort;
  readonly witness: Witness;
  /** Where the scenario's objects are; also a part of the names of its applications. */
  readonly namespace: string;
  readonly agentNamespace: string;
  readonly applications: readonly string[];
}

/** Takes a snapshot, with what differs between any two runs (names of namespaces, uids, times) taken out. */
export async function takeSnapshot(subject: SnapshotSubject): Promise<Snapshot> {
  const { kube, witness, namespace } = subject;
  const found: KubeObject[] = [];
  for (const kind of watched) {
    const answer = await kube.list(kind, { namespace });
    if (answer.type === 'failed') throw new Error(`${kind.plural} not listed: ${answer.failure.message}`);
    found.push(...answer.objects.map((object) => ({ ...object, kind: kind.kind })));
  }
  const objects = found.map((object): [string, unknown] => [
    `${object.kind}/${object.metadata.name}`,
    comparable(object),
  ]);
  const counts = [...witness.seen(namespace)].map(([key, uids]): [string, number] => [key, uids.length]);
  const snapshot = {
    objects: sorted(objects),
    incarnations: sorted(counts),
    inventory: sorted(await readInventory(subject)),
  };
  return withoutNames(snapshot, subject);
}

async function readInventory({
  kube,
  agentNamespace,
}: SnapshotSubject): Promise<[string, readonly string[]][]> {
  const inventory = new InventoryStore(kube, agentNamespace);
  await inventory.read();
  return [...inventory.applications()].map(([application, entries]) => [
    application,
    [...entries.keys()].sort(),
  ]);
}

function comparable(object: KubeObject): unknown {
  // Status is the controller's, in its own time.
  const { metadata: live, status: _status, ...rest } = object as KubeObject & { status?: unknown };
  const { uid = '', resourceVersion: _version, creationTimestamp: _created, ...metadata } = live;
  const managed = metadata['managedFields'];
  const managedFields = (Array.isArray(managed) ? managed : [])
    .map(timeless)
    .filter(({ subresource }) => subresource !== 'status')
    .map((entry) => JSON.stringify(entry))
    .sort();
  const text = JSON.stringify({ ...rest, metadata: { ...metadata, managedFields } });
  const plain = text.replaceAll(uid, 'UID').replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME');
  return withoutSyncId(JSON.parse(plain));
}

function timeless(entry: unknown): Record<string, unknown> {
  const { time: _time, ...rest } = entry as Record<string, unknown>;
  return rest;
}

/** Which run of a hook an object is: another in every run of a scenario. */
const runAnnotation = 'fairlead.dev/hook-run';

function withoutSyncId(object: { metadata: { annotations?: Record<string, string> } }): unknown {
  const { annotations } = object.metadata;
  const run = annotations?.[runAnnotation];
  if (annotations !== undefined && run !== undefined)
    annotations[runAnnotation] = run.replace(/^[^/]*/, 'SYNC');
  return object;
}

function withoutNames(
  snapshot: Snapshot,
  { namespace, agentNamespace, applications }: SnapshotSubject,
): Snapshot {
  let text = JSON.stringify(snapshot);
  for (const application of applications)
    text = text.replaceAll(partOf(application), `PART-OF-${application}`);
  return JSON.parse(text.replaceAll(agentNamespace, 'AGENT').replaceAll(namespace, 'NS')) as Snapshot;
}

function sorted<T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> {
  return Object.fromEntries([...entries].sort(([left], [right]) => (left < right ? -1 : 1)));
}
