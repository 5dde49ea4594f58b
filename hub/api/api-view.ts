import type { FastifyRequest } from 'fastify';
import type { Operation } from '../../core/operation.ts';
import type { StoredIncident } from '../incident/outbox.ts';
import type { ApplicationRecord, ControlPort, StoredDrift, StorePort } from '../ports.ts';
import type { ApiContext } from './context.ts';
import { type Gate, gateOf } from './gate.ts';
import { seesRepositories } from './permissions.ts';

/**
 * The hub as a caller may see it. What they may not get isn't there: not in lists, not by its name, and not among the
 * names that an error offers. What belongs to an application that is gone is shown to the administrator only.
 */
export interface ApiView extends ApiContext {
  readonly gate: Gate;
}

/** Filters are applied after reading: this many are looked through. */
const mostRead = 1000;
/** Up to so many applications are asked one by one, so that what is rare isn't lost among what others do. */
const askedSingly = 200;

export function viewOf(context: ApiContext, request: FastifyRequest): ApiView {
  return viewBy(context, gateOf(context, request));
}

export function viewBy(context: ApiContext, gate: Gate): ApiView {
  if (gate.subject.type === 'administrator') return { ...context, gate };
  return {
    ...context,
    gate,
    store: visibleStore(context.store, gate),
    control: visibleControl(context, gate),
  };
}

function visibleStore(store: StorePort, gate: Gate): StorePort {
  async function listApplications(): Promise<readonly ApplicationRecord[]> {
    return (await store.listApplications()).filter((record) => gate.seesApplication(record));
  }
  async function seesKey(application: string): Promise<boolean> {
    const record = await store.readApplication(application);
    return record !== undefined && gate.seesApplication(record);
  }
  async function seesOperation({ application, cluster }: Operation): Promise<boolean> {
    return application === '' ? gate.seesCluster(cluster) : seesKey(application);
  }
  return {
    ...store,
    listApplications,
    async readApplication(application) {
      const record = await store.readApplication(application);
      return record !== undefined && gate.seesApplication(record) ? record : undefined;
    },
    listDrifts: (filter) => listVisibleDrifts(store, listApplications, filter),
    async readDrift(id) {
      const found = await store.readDrift(id);
      return found !== undefined && (await seesKey(found.drift.application)) ? found : undefined;
    },
    async listOperations(filter) {
      const all = await store.listOperations({ ...filter, limit: mostRead });
      const seen = await Promise.all(all.map(seesOperation));
      return all.filter((_operation, index) => seen[index]).slice(0, filter.limit);
    },
    async readOperation(id) {
      const found = await store.readOperation(id);
      return found !== undefined && (await seesOperation(found)) ? found : undefined;
    },
    async listHolds() {
      const keys = new Set((await listApplications()).map(({ application }) => application));
      return (await store.listHolds()).filter(({ application, cluster }) =>
        application === undefined ? gate.seesCluster(cluster) : keys.has(application),
      );
    },
    async readIncidents({ limit, ...filter }) {
      const all = await store.readIncidents({ ...filter, limit: mostRead });
      return all.filter((stored) => seesIncident(gate, stored)).slice(0, limit);
    },
  };
}

function seesIncident(gate: Gate, { incident }: StoredIncident): boolean {
  const { application, project, cluster } = incident.condition.subject;
  if (application === undefined) return gate.seesCluster(cluster);
  return project !== undefined && gate.seesApplication({ application, project });
}

async function listVisibleDrifts(
  store: StorePort,
  listApplications: () => Promise<readonly ApplicationRecord[]>,
  filter: Parameters<StorePort['listDrifts']>[0],
): Promise<readonly StoredDrift[]> {
  const keys = new Set((await listApplications()).map(({ application }) => application));
  const { limit = 200, application } = filter;
  if (application !== undefined) return keys.has(application) ? store.listDrifts(filter) : [];
  if (keys.size > askedSingly) {
    const all = await store.listDrifts({ ...filter, limit: mostRead });
    return all.filter(({ drift }) => keys.has(drift.application)).slice(0, limit);
  }
  const found = await Promise.all([...keys].map((key) => store.listDrifts({ ...filter, application: key })));
  return found
    .flat()
    .sort((left, right) => (left.drift.observedAt < right.drift.observedAt ? 1 : -1))
    .slice(0, limit);
}

/** The catalog stays whole, since what explains a visible application may lie in documents that are not. */
function visibleControl({ control, fleetRepository = '' }: ApiContext, gate: Gate): ControlPort {
  const seesRepository = (url: string): boolean => gate.may(seesRepositories, [url]);
  return {
    ...control,
    problems: () => (seesRepository(fleetRepository) ? control.problems() : []),
    sources: () => control.sources().filter(({ url }) => seesRepository(url)),
    subscribe: (listener) =>
      control.subscribe((event) => {
        if (event.type === 'application' || event.type === 'drift') {
          const project = control.catalog()?.applications.get(event.application)?.project;
          if (project === undefined) return;
          if (!gate.seesApplication({ application: event.application, project })) return;
        }
        if (event.type === 'cluster' && !gate.seesCluster(event.cluster)) return;
        if (event.type !== 'generation') return listener(event);
        listener({ ...event, clusters: event.clusters.filter((cluster) => gate.seesCluster(cluster)) });
      }),
  };
}
