import type { StoredDesired } from '../../agent/ports.ts';
import { PendingReports } from '../../agent/report/pending-reports.ts';
import { type AgentSession, openAgentSession } from '../../agent/session/session.ts';
import type { Digest } from '../../core/digest.ts';
import type { HubSession } from '../../hub/session/session.ts';
import type { PartialFrames } from '../../proto/codec/fold-hub-message.ts';

/** What waits on the way to an agent: the wire's bytes, or the moment at which the hub learns that all before are gone. */
type ToAgent = { readonly type: 'bytes'; readonly bytes: Uint8Array } | { readonly type: 'drained' };

export interface Link {
  hub: HubSession;
  partial: PartialFrames;
  readonly toHub: Uint8Array[];
  readonly toAgent: ToAgent[];
  /** Store calls of the hub for this stream, in order, not done yet. */
  readonly hubWork: (() => void)[];
}

/** One agent: what its disk has outlives a restart, its session doesn't. */
export class SimulatedAgent {
  readonly cluster: string;
  stored: StoredDesired | undefined;
  blobs = new Map<Digest, Uint8Array>();
  outbox = new PendingReports();
  nextReport = 1;
  diskFull = false;
  /** Problems that it showed last. */
  told: readonly string[] = [];
  session: AgentSession;
  /** Disk writes that are not done yet, in order. */
  readonly work: (() => void)[] = [];
  link: Link | undefined;
  inForce = 0;
  /** Ids of the holds that it was told last. */
  holds: readonly string[] = [];
  /** The newest protocol that it speaks; that of this build where nothing else is said. */
  protocolMax: number | undefined;

  constructor(cluster: string) {
    this.cluster = cluster;
    this.session = openAgentSession({ cluster, agentVersion: 'test' });
  }
}
