import type { Log } from '../../core/log.ts';
import type { Problem } from '../../core/problem.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { ClusterDocument, NotificationDocument } from '../catalog/documents.ts';
import { foldIncidents, momentsOf } from '../incident/fold-incidents.ts';
import type { Incident, Verdict } from '../incident/incident.ts';
import type { Connection, HubEvent, StorePort } from '../ports.ts';
import type { Timers } from '../timers.ts';
import type { Dispatcher } from './dispatcher.ts';
import { FleetFacts } from './fleet-facts.ts';

export interface NotifierDeps {
  readonly store: StorePort;
  readonly dispatcher: Dispatcher;
  readonly catalog: () => Catalog | undefined;
  readonly connections: () => ReadonlyMap<string, Connection>;
  /** Secrets that documents name and that aren't there. */
  readonly checkSecrets: (documents: Iterable<NotificationDocument>) => readonly Problem[];
  readonly clock: { now(): Date };
  readonly timers: Timers;
  readonly log: Log;
}

const retryMs = 5_000;
const hourMs = 3_600_000;
/** Resolved incidents are kept so long. */
const keptMs = 30 * 24 * hourMs;

/**
 * Turns what changes into incidents: looks only at what an event names, everything at the start and when a Notification
 * changes, and what waits for a moment once that comes. One look at a time; whatever happens meanwhile gets the next.
 * It only reads what the hub's loop and the streams have stored, so that it delays neither.
 */
export class Notifier {
  readonly #deps: NotifierDeps;
  readonly #facts: FleetFacts;
  /** The newest incident of each key, also those that were resolved within the hour: they tell what flaps. */
  readonly #known = new Map<string, Incident>();
  readonly #applications = new Set<string>();
  readonly #clusters = new Set<string>();
  #everything = true;
  #documents: ReadonlyMap<string, NotificationDocument> = new Map();
  /** Moments of incidents by the documents that count: matching all of them at each look would cost too much. */
  #moments = new WeakMap<Incident, readonly number[]>();
  #clusterDocuments: ReadonlyMap<string, ClusterDocument> = new Map();
  #running: Promise<void> | undefined;
  #cancelTimer: (() => void) | undefined;
  #collectAt = 0;
  /** Moments up to this have had their look, ms since 1970. */
  #lookedAt = 0;
  /** Before it has taken up what is stored, and after its end, it looks at nothing. */
  #state: 'new' | 'open' | 'closed' = 'new';

  constructor(deps: NotifierDeps) {
    this.#deps = deps;
    this.#facts = new FleetFacts(deps);
  }

  /** Takes up what the store holds, and looks at everything once. */
  async start(): Promise<void> {
    const resolvedAfter = new Date(this.#now() - hourMs).toISOString();
    const stored = await this.#deps.store.readIncidents({ resolvedAfter });
    for (const { incident } of stored.toReversed()) this.#known.set(incident.key, incident);
    await this.#deps.dispatcher.start();
    if (this.#state === 'closed') return;
    this.#state = 'open';
    this.#wake();
  }

  /** Something was stored that may begin or end an incident. */
  handle(event: HubEvent): void {
    if (event.type === 'application' || event.type === 'drift') this.#applications.add(event.application);
    else if (event.type === 'cluster') this.#clusters.add(event.cluster);
    else return;
    this.#wake();
  }

  /** A pass has ended: what it decided of these applications changed, and perhaps the documents. */
  passed(applications: readonly string[]): void {
    for (const application of applications) this.#applications.add(application);
    this.#wake();
  }

  /** Secrets that are missing, each at its line. */
  problems(): readonly Problem[] {
    return this.#deps.checkSecrets(this.#documents.values());
  }

  /** Resolves once nothing is left to look at. */
  async whenIdle(): Promise<void> {
    await this.#running;
  }

  async close(): Promise<void> {
    this.#state = 'closed';
    this.#cancelTimer?.();
    await this.#running;
    await this.#deps.dispatcher.close();
  }

  #now(): number {
    return this.#deps.clock.now().getTime();
  }

  #wake(): void {
    if (this.#state === 'open') this.#running ??= this.#run();
  }

  async #run(): Promise<void> {
    this.#cancelTimer?.();
    // Let every event of this tick join the same look.
    await Promise.resolve();
    let wait: number | undefined;
    try {
      do await this.#look();
      while (this.#state === 'open' && this.#applications.size + this.#clusters.size > 0);
      wait = this.#untilNextMoment();
    } catch (error) {
      this.#deps.log.error({ err: error }, 'incidents could not be brought up to date; trying again');
      this.#everything = true;
      wait = retryMs;
    }
    this.#running = undefined;
    if (this.#state !== 'open') return;
    this.#cancelTimer = this.#deps.timers.after(wait, () => this.#wake());
  }

  async #look(): Promise<void> {
    const everything = (await this.#takeDocuments()) || this.#everything;
    const applications = new Set(this.#applications);
    const clusters = new Set(this.#clusters);
    this.#everything = false;
    this.#applications.clear();
    this.#clusters.clear();
    this.#addRipe(applications, clusters);
    const known = [...this.#known.values()].filter(({ state }) => state !== 'resolved');
    const isAsked = this.#documents.size > 0 || known.length > 0;
    const { parts, news } = await this.#facts.read({ everything, applications, clusters, known, isAsked });
    // In parts, so that a large fleet leaves others their turn.
    for (const [index, verdicts] of parts.entries()) {
      await this.#fold(verdicts, index === parts.length - 1 ? news : []);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await this.#collect();
  }

  /** Whether other documents count now. A catalog without its Fleet document is none. */
  async #takeDocuments(): Promise<boolean> {
    const catalog = this.#deps.catalog();
    if (catalog?.fleet === undefined) return false;
    this.#takeClusters(catalog.clusters);
    const documents = catalog.notifications;
    const isSame =
      documents.size === this.#documents.size &&
      [...documents].every(([name, document]) => this.#documents.get(name) === document);
    if (isSame && !this.#everything) return false;
    this.#documents = documents;
    this.#moments = new WeakMap();
    await this.#deps.dispatcher.setReceivers(documents.values());
    return !isSame;
  }

  /** Clusters that were added, changed or removed. */
  #takeClusters(documents: ReadonlyMap<string, ClusterDocument>): void {
    for (const name of new Set([...documents.keys(), ...this.#clusterDocuments.keys()])) {
      if (documents.get(name) !== this.#clusterDocuments.get(name)) this.#clusters.add(name);
    }
    this.#clusterDocuments = documents;
  }

  /** Subjects of incidents whose moment has come. */
  #addRipe(applications: Set<string>, clusters: Set<string>): void {
    const now = this.#now();
    for (const incident of this.#known.values()) {
      const moment = this.#nextMoment(incident, this.#lookedAt);
      if (moment === undefined || moment > now) continue;
      const { application, cluster } = incident.condition.subject;
      if (application === undefined) clusters.add(cluster);
      else applications.add(application);
    }
    this.#lookedAt = now;
  }

  async #fold(verdicts: readonly Verdict[], news: readonly string[]): Promise<void> {
    const now = this.#deps.clock.now().toISOString();
    const changes = foldIncidents(this.#known, verdicts, this.#documents, now);
    if (changes.saved.length + changes.dropped.length + news.length === 0) return;
    await this.#deps.store.saveIncidents({ ...changes, news });
    const dropped = new Set(changes.dropped);
    for (const [key, incident] of this.#known) if (dropped.has(incident.id)) this.#known.delete(key);
    for (const incident of changes.saved) this.#known.set(incident.key, incident);
    this.#deps.dispatcher.tell(changes);
    for (const { state, key, condition } of changes.saved) {
      this.#deps.log.debug({ key, state, summary: condition.summary }, 'an incident changed');
    }
  }

  #untilNextMoment(): number {
    const now = this.#now();
    let wait = hourMs;
    for (const incident of this.#known.values()) {
      wait = Math.min(wait, (this.#nextMoment(incident, now) ?? Number.POSITIVE_INFINITY) - now);
    }
    return wait;
  }

  #nextMoment(incident: Incident, after: number): number | undefined {
    let moments = this.#moments.get(incident);
    if (moments === undefined) {
      moments = momentsOf(incident, this.#documents);
      this.#moments.set(incident, moments);
    }
    return moments.find((moment) => moment > after);
  }

  /** Forgets what is over for long, once an hour. */
  async #collect(): Promise<void> {
    const now = this.#now();
    if (now < this.#collectAt) return;
    this.#collectAt = now + hourMs;
    await this.#deps.store.collectIncidents(new Date(now - keptMs).toISOString());
    for (const [key, { resolvedAt }] of this.#known) {
      if (resolvedAt !== undefined && Date.parse(resolvedAt) < now - hourMs) this.#known.delete(key);
    }
  }
}
