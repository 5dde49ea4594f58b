/** The tables, as Kysely sees them. Columns that end in `_json` hold core/json texts; times are ISO 8601 in UTC. */
export interface Database {
  meta: MetaTable;
  epoch: EpochTable;
  catalog_file: CatalogFileTable;
  application: ApplicationTable;
  head: HeadTable;
  head_entry: HeadEntryTable;
  blob: BlobTable;
  render: RenderTable;
  agent: AgentTable;
  status: StatusTable;
  drift: DriftTable;
  drift_event: DriftEventTable;
  enrolled: EnrolledTable;
  token: TokenTable;
  operation: OperationTable;
  incident: IncidentTable;
  delivery: DeliveryTable;
  drift_news: DriftNewsTable;
  hold: HoldTable;
  history: HistoryTable;
  orphans: OrphansTable;
}

interface MetaTable {
  name: string;
  /** Encrypted where the value is a secret. */
  value: Buffer;
}

interface EpochTable {
  counter: number;
  nonce: string;
}

interface CatalogFileTable {
  path: string;
  body_json: string;
}

interface ApplicationTable {
  application: string;
  cluster: string;
  digest: string | null;
  render_key: string | null;
  body_json: string;
}

interface HeadTable {
  cluster: string;
  generation: number;
}

interface HeadEntryTable {
  cluster: string;
  application: string;
  digest: string;
}

interface BlobTable {
  digest: string;
  /** AES-256-GCM under the store's key. */
  content: Buffer;
}

interface RenderTable {
  key: string;
  digest: string;
  saved_at: string;
}

interface AgentTable {
  cluster: string;
  agent_version: string | null;
  last_seen_at: string | null;
  generation: number;
  acknowledged: number;
  status_json: string | null;
}

interface StatusTable {
  application: string;
  cluster: string;
  body_json: string;
}

interface OrphansTable {
  cluster: string;
  project: string;
  namespace: string;
  body_json: string;
}

interface DriftTable {
  id: string;
  cluster: string;
  application: string;
  state: 'open' | 'closed';
  observed_at: string;
  closed_at: string | null;
  end: string | null;
  body_json: string;
}

interface DriftEventTable {
  drift: string;
  number: number;
  body_json: string;
}

interface EnrolledTable {
  cluster: string;
  certificate_fingerprint: string;
  enrolled_at: string;
  certificate_expires_at: string;
  decommissioned_at: string | null;
}

interface TokenTable {
  cluster: string;
  secret_digest: string;
  expires_at: string;
}

interface OperationTable {
  id: string;
  application: string;
  cluster: string;
  request_json: string;
  requested_by: string;
  requested_at: string;
  phase: 'Pending' | 'Running' | 'Succeeded' | 'Failed';
  message: string;
  finished_at: string | null;
  cancelled_by: string | null;
}

interface IncidentTable {
  id: string;
  key: string;
  state: 'pending' | 'open' | 'resolved';
  since: string;
  resolved_at: string | null;
  body_json: string;
}

interface DeliveryTable {
  incident: string;
  notification: string;
  receiver: string;
  wanted: 'firing' | 'resolved';
  wanted_at: string;
  told: 'firing' | 'resolved' | null;
  told_at: string | null;
  attempts: number;
  next_attempt_at: string | null;
  last_error: string | null;
}

/** Drifts that opened and that nobody has looked at for an incident yet. */
interface DriftNewsTable {
  drift: string;
}

interface HoldTable {
  id: string;
  cluster: string;
  /** Null: all of the cluster. */
  application: string | null;
  reason: string;
  held_by: string;
  since: string;
  until: string;
  ended_at: string | null;
  ended_by: string | null;
}

interface HistoryTable {
  application: string;
  /** Grows within an application. */
  number: number;
  commit_json: string;
  fleet_commit_json: string;
  /** Of all sources; null where `commit_json` tells all. */
  source_commits_json: string | null;
  /** Of the desired state. */
  digest: string;
  /** Of its objects alone. */
  objects_digest: string;
  decided_at: string;
  first_applied_at: string | null;
  last_applied_at: string | null;
  /** When all of it was first applied and healthy. */
  completed_at: string | null;
}
