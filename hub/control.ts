import { AppError } from '../core/error.ts';
import type { DecommissionRequest, Operation } from '../core/operation.ts';
import type { Problem } from '../core/problem.ts';
import type { NumberedReport } from '../core/session.ts';
import type { FleetConfig } from './fleet-files.ts';
import type { Identity } from './identity/open-identity.ts';
import type { FleetLoop } from './loop.ts';
import type { ControlPort, Enrollment, GitPort, HostPort, HubEvent, RenderPort, StorePort } from './ports.ts';
import { promote } from './proposal/promote.ts';
import { rollback } from './proposal/rollback.ts';
import type { SessionServer } from './stream/open-session-server.ts';
import type { SessionServerEvent } from './stream/session-server-options.ts';

/** A one-time token that wasn't used is worthless after this. */
const tokenLifetimeMs = 60 * 60 * 1000;

interface ControlDeps {
  readonly store: StorePort;
  readonly loop: FleetLoop;
  readonly identity: Identity;
  readonly git: GitPort;
  readonly hosts: HostPort;
  readonly render: RenderPort;
  readonly fleet: FleetConfig;
  /** Set once agents can be listened to. */
  readonly sessions: () => SessionServer | undefined;
  /** `host:port` that new agents are told to dial. */
  readonly agentAddress: () => string;
  /** Secrets that Notifications name and that aren't there. */
  readonly secretProblems: () => readonly Problem[];
  readonly clock: { now(): Date };
}

/** Everyone who wants to hear what changes. */
export class HubEvents {
  readonly #listeners = new Set<(event: HubEvent) => void>();

  subscribe(listener: (event: HubEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  emit(event: HubEvent): void {
    for (const listener of this.#listeners) listener(event);
  }
}

/** What the API may ask of the running hub, carried out by its parts. */
export function createControl(deps: ControlDeps, events: HubEvents): ControlPort {
  const { loop, store } = deps;
  return {
    refresh: (repoURL) => loop.refresh(repoURL),
    connections: () => deps.sessions()?.connections() ?? new Map(),
    enroll: (cluster) => enroll(deps, cluster),
    async submit(operation) {
      const stored = await store.createOperation(operation);
      deps.sessions()?.notifyOperations(operation.cluster);
      events.emit({ type: 'operation', id: stored.id });
      return stored;
    },
    decommission: (cluster, objects, by) => decommission(deps, events, { cluster, objects, by }),
    publishHolds(cluster) {
      deps.sessions()?.notifyHolds(cluster);
      events.emit({ type: 'cluster', cluster });
    },
    async cancel(id, cancelledBy) {
      const operation = await store.cancelOperation(id, cancelledBy);
      if (operation === undefined) throw notCancelled(id, await store.readOperation(id));
      deps.sessions()?.notifyOperations(operation.cluster);
      if (operation.request.type === 'decommission') loop.wake();
      events.emit({ type: 'operation', id });
      return operation;
    },
    promote(request, signal) {
      const { git, hosts, render, fleet } = deps;
      const [catalog, resolution] = [() => loop.catalog(), () => loop.resolution()];
      return promote({ git, hosts, render, store, fleet, catalog, resolution }, request, signal);
    },
    rollback(application, request, signal) {
      const { git, hosts, render, fleet } = deps;
      const resolution = () => loop.resolution();
      return rollback({ git, hosts, render, store, fleet, resolution }, application, request, signal);
    },
    problems: () => [...loop.problems(), ...deps.secretProblems()],
    catalog: () => loop.catalog(),
    sources: () => loop.sources(),
    lastPass: () => loop.lastPass(),
    subscribe: (listener) => events.subscribe(listener),
  };
}

async function decommission(
  { store, loop }: ControlDeps,
  events: HubEvents,
  asked: { cluster: string; objects: DecommissionRequest['objects']; by: string },
): Promise<Operation> {
  const { cluster, objects, by } = asked;
  const [enrolled, head, open] = await Promise.all([
    store.readEnrolled(cluster),
    store.readHead(cluster),
    store.listDecommissions(),
  ]);
  if (enrolled?.decommissionedAt !== undefined) {
    throw new AppError('conflict', `it has left the fleet already, at ${enrolled.decommissionedAt}`, {
      subject: cluster,
      remedy: `Remove its documents from Git, or bring it back with \`fairlead cluster enroll ${cluster}\``,
    });
  }
  if (enrolled === undefined && head.entries.size === 0) {
    throw new AppError('not-found', 'no agent is enrolled for such a cluster, and nothing is to run there', {
      subject: cluster,
      remedy: 'See `fairlead cluster list`; to end one that never had an agent, remove its Cluster document',
    });
  }
  // A newer one with another end replaces it: what is left then ends the other way.
  const running = open.findLast(
    (operation) => operation.cluster === cluster && operation.cancelledBy === undefined,
  );
  if (running?.request.type === 'decommission' && running.request.objects === objects) {
    throw new AppError('conflict', 'it is being decommissioned in this very way already', {
      subject: cluster,
      remedy: `See \`fairlead operation get ${running.id}\``,
    });
  }
  const request = { type: 'decommission', objects } as const;
  const operation = await store.createOperation({ application: '', cluster, request, requestedBy: by });
  events.emit({ type: 'operation', id: operation.id });
  loop.wake();
  return operation;
}

function notCancelled(id: string, known: Operation | undefined): AppError {
  if (known === undefined) {
    const remedy = 'See `fairlead operation list`';
    return new AppError('not-found', 'there is no such operation', { subject: id, remedy });
  }
  return new AppError('conflict', `it has ended already: ${known.phase}`, { subject: id });
}

async function enroll(deps: ControlDeps, cluster: string): Promise<Enrollment> {
  const catalog = deps.loop.catalog();
  if (catalog === undefined) {
    throw new AppError('unavailable', 'the hub has not read the fleet repository yet', {
      subject: cluster,
      remedy: 'Try again in a moment; `fairlead doctor` says what keeps it',
    });
  }
  if (!catalog.clusters.has(cluster)) {
    const known = [...catalog.clusters.keys()];
    throw new AppError('not-found', `the fleet has no cluster ${cluster}`, {
      subject: cluster,
      remedy:
        known.length === 0
          ? 'Commit a Cluster document below the protected path first'
          : `Its Cluster documents name ${known.join(', ')}`,
    });
  }
  const { token, secretDigest } = deps.identity.makeToken(cluster, deps.agentAddress());
  const expiresAt = new Date(deps.clock.now().getTime() + tokenLifetimeMs).toISOString();
  await deps.store.createToken({ cluster, secretDigest, expiresAt });
  return { cluster, token, expiresAt };
}

/** Passes on what agents said, after it was stored: to live views, and to the loop where it decides something. */
export function foldSessionEvent(event: SessionServerEvent, loop: FleetLoop, events: HubEvents): void {
  events.emit({ type: 'cluster', cluster: event.cluster });
  // A cluster that had left is a member again.
  if (event.type === 'enrolled') loop.wake();
  if (event.type !== 'reports') return;
  for (const numbered of event.reports) foldReport(event.cluster, numbered, loop, events);
}

function foldReport(cluster: string, { report }: NumberedReport, loop: FleetLoop, events: HubEvents): void {
  switch (report.type) {
    case 'application':
      if (report.status.removal === 'done') loop.finishRemoval(cluster, report.status.application);
      events.emit({ type: 'application', application: report.status.application });
      break;
    case 'drift': {
      const { id, application } = report.event.drift;
      events.emit({ type: 'drift', id, application });
      break;
    }
    case 'operation':
      events.emit({ type: 'operation', id: report.result.id });
      break;
    case 'orphans':
      break;
    case 'cluster':
      loop.clusterReported(cluster, report.status);
      break;
  }
}
