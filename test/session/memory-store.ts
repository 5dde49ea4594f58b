import { type Digest, keyedDigest } from '../../core/digest.ts';
import { emptyHead, type Head } from '../../core/head.ts';
import type { Hold } from '../../core/hold.ts';
import type { Operation } from '../../core/operation.ts';
import type { Epoch, NumberedReport } from '../../core/session.ts';
import type { EnrolledCluster } from '../../hub/ports.ts';
import type { SessionStore } from '../../hub/stream/session-server-options.ts';

/** The part of the store that sessions need, in memory, with what a test wants to see of it. */
export class MemoryStore implements SessionStore {
  epochs: Epoch[] = [{ counter: 1, nonce: 'first' }];
  readonly digestKey: Uint8Array = new Uint8Array(32).fill(7);
  readonly heads = new Map<string, Head>();
  readonly blobs = new Map<Digest, Uint8Array>();
  readonly reports = new Map<string, NumberedReport[]>();
  readonly contacts = new Map<string, { agentVersion: string; generation: number }>();
  readonly tokens = new Map<Digest, { cluster: string; expiresAt: string }>();
  readonly enrolled = new Map<string, EnrolledCluster>();
  readonly operations = new Map<string, Operation[]>();
  readonly holds = new Map<string, readonly Hold[]>();

  /** Makes these contents, by application, the newest of a cluster. */
  commit(cluster: string, contents: ReadonlyMap<string, Uint8Array>): Head {
    const generation = (this.heads.get(cluster)?.generation ?? 0) + 1;
    const entries = new Map<string, Digest>();
    for (const [application, bytes] of contents) {
      const digest = keyedDigest(this.digestKey, bytes);
      this.blobs.set(digest, bytes);
      entries.set(application, digest);
    }
    const head = { generation, entries };
    this.heads.set(cluster, head);
    return head;
  }

  /** Drops contents that no head names any more. */
  collect(): void {
    const named = new Set([...this.heads.values()].flatMap((head) => [...head.entries.values()]));
    for (const digest of this.blobs.keys()) if (!named.has(digest)) this.blobs.delete(digest);
  }

  async readHead(cluster: string): Promise<Head> {
    return this.heads.get(cluster) ?? emptyHead;
  }

  async readBlobs(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, Uint8Array>> {
    return this.findBlobs(digests);
  }

  findBlobs(digests: readonly Digest[]): ReadonlyMap<Digest, Uint8Array> {
    const found = new Map<Digest, Uint8Array>();
    for (const digest of digests) {
      const bytes = this.blobs.get(digest);
      if (bytes !== undefined) found.set(digest, bytes);
    }
    return found;
  }

  async readAcknowledged(cluster: string): Promise<number> {
    return this.reports.get(cluster)?.at(-1)?.sequence ?? 0;
  }

  async saveReports(cluster: string, reports: readonly NumberedReport[]): Promise<number> {
    return this.commitReports(cluster, reports);
  }

  commitReports(cluster: string, reports: readonly NumberedReport[]): number {
    const saved = this.reports.get(cluster) ?? [];
    const last = saved.at(-1)?.sequence ?? 0;
    saved.push(...reports.filter((report) => report.sequence > last));
    this.reports.set(cluster, saved);
    return saved.at(-1)?.sequence ?? 0;
  }

  async saveContact(cluster: string, contact: { agentVersion: string; generation: number }): Promise<void> {
    this.contacts.set(cluster, { agentVersion: contact.agentVersion, generation: contact.generation });
  }

  async readPendingOperations(cluster: string): Promise<readonly Operation[]> {
    return (this.operations.get(cluster) ?? []).filter((operation) => operation.phase === 'Pending');
  }

  async readRunningHolds(cluster: string): Promise<readonly Hold[]> {
    return this.holds.get(cluster) ?? [];
  }

  async spendToken(secretDigest: Digest, now: string): Promise<string | undefined> {
    const token = this.tokens.get(secretDigest);
    if (token === undefined || token.expiresAt < now) return undefined;
    this.tokens.delete(secretDigest);
    return token.cluster;
  }

  async saveEnrolled(enrolled: EnrolledCluster): Promise<void> {
    this.enrolled.set(enrolled.cluster, enrolled);
  }

  async readEnrolled(cluster: string): Promise<EnrolledCluster | undefined> {
    return this.enrolled.get(cluster);
  }
}
