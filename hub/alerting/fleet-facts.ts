import type { ApplicationStatus } from '../../core/status.ts';
import type { Viewer } from '../../core/time-text.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Link } from '../drift/summarise.ts';
import { digestedNews, evaluateApplication, evaluateGone } from '../incident/evaluate-application.ts';
import { evaluateCluster } from '../incident/evaluate-cluster.ts';
import type { Incident, Verdict } from '../incident/incident.ts';
import type { ApplicationRecord, Connection, StoredDrift, StorePort } from '../ports.ts';

interface FactsDeps {
  readonly store: StorePort;
  readonly catalog: () => Catalog | undefined;
  readonly connections: () => ReadonlyMap<string, Connection>;
  readonly clock: { now(): Date };
}

/** What to look at. */
export interface Look {
  readonly everything: boolean;
  readonly applications: ReadonlySet<string>;
  readonly clusters: ReadonlySet<string>;
  /** Incidents that go on. */
  readonly known: readonly Incident[];
  /** Without a Notification and an incident nobody wants to know. */
  readonly isAsked: boolean;
}

export interface Seen {
  /** In parts of a size that is folded in one go; one at least. */
  readonly parts: readonly (readonly Verdict[])[];
  /** Ids of the drifts that no later look needs as news. */
  readonly news: readonly string[];
}

const applicationsPerPart = 250;

/** Reads what the store and the streams know of what is to be looked at, and what that means for incidents. */
export class FleetFacts {
  readonly #deps: FactsDeps;
  /** Since when each cluster's agent isn't connected, ISO 8601; an agent that was silent before counts from the start. */
  readonly #silentSince = new Map<string, string>();

  constructor(deps: FactsDeps) {
    this.#deps = deps;
  }

  async read(look: Look): Promise<Seen> {
    const news = await this.#deps.store.listDriftNews();
    const ids = news.map(({ drift }) => drift.id);
    const clusters = await this.#clusterVerdicts(look);
    if (!look.isAsked) return { parts: [[]], news: ids };
    const newsOf = Map.groupBy(news, ({ drift }) => drift.application);
    const names = new Set([...look.applications, ...newsOf.keys()]);
    const { records, statuses } = await this.#applications(look, names, clusters.turned);
    const found = new Map(records.map(({ application, cluster }) => [application, cluster]));
    const asked = look.everything
      ? look.known.flatMap(({ condition }) => condition.subject.application ?? [])
      : [...names];
    const gone = [...new Set(asked)].filter((name) => !found.has(name)).flatMap(evaluateGone);
    const parts: (readonly Verdict[])[] = [[...clusters.verdicts, ...gone]];
    // What a cluster says late of an application that has left it, or that was never there, is nobody's news.
    const isOfRecord = ({ drift, cluster }: StoredDrift): boolean => found.get(drift.application) === cluster;
    const digested = news.filter((each) => !isOfRecord(each)).map(({ drift }) => drift.id);
    for (let start = 0; start < records.length; start += applicationsPerPart) {
      const facts = records.slice(start, start + applicationsPerPart).map((record) => ({
        record,
        status: statuses.get(record.application),
        link: this.#link(record.cluster),
        news: (newsOf.get(record.application) ?? []).filter(isOfRecord),
        viewer: this.#viewer(),
      }));
      parts.push(facts.flatMap(evaluateApplication));
      digested.push(...facts.flatMap(digestedNews));
    }
    return { parts, news: digested };
  }

  /** Records and statuses of the applications that are meant; an agent that came or went means all of its cluster. */
  async #applications(
    look: Look,
    names: ReadonlySet<string>,
    turned: ReadonlySet<string>,
  ): Promise<{
    readonly records: readonly ApplicationRecord[];
    readonly statuses: ReadonlyMap<string, ApplicationStatus>;
  }> {
    const { store } = this.#deps;
    if (look.everything || turned.size > 0) {
      const all = await store.listApplications();
      const isMeant = ({ application, cluster }: ApplicationRecord): boolean =>
        look.everything || names.has(application) || turned.has(cluster);
      const records = all.filter(isMeant);
      const meant = look.everything ? undefined : records.map(({ application }) => application);
      return { records, statuses: await store.readStatuses(meant) };
    }
    if (names.size === 0) return { records: [], statuses: new Map() };
    const found = await Promise.all([...names].map((name) => store.readApplication(name)));
    return {
      records: found.flatMap((record) => record ?? []),
      statuses: await store.readStatuses([...names]),
    };
  }

  /** Of the clusters that are meant, with those whose agent came or went since the last look. */
  async #clusterVerdicts(
    look: Look,
  ): Promise<{ readonly verdicts: readonly Verdict[]; readonly turned: ReadonlySet<string> }> {
    const turned = this.#noteLinks(look);
    if (!look.isAsked) return { verdicts: [], turned };
    const catalog = this.#deps.catalog();
    const enrolled = new Set((await this.#deps.store.listEnrolled()).map(({ cluster }) => cluster));
    const known = look.known.filter(({ condition }) => condition.trigger === 'agent-silent');
    const meant = look.everything
      ? new Set([
          ...(catalog?.clusters.keys() ?? []),
          ...known.map(({ condition }) => condition.subject.cluster),
        ])
      : look.clusters;
    const verdicts = [...meant].map((name) => {
      const document = catalog?.clusters.get(name);
      const facts = {
        name,
        declared: document !== undefined,
        enrolled: enrolled.has(name),
        link: this.#link(name),
        problems: [],
        applications: 0,
        openDrifts: 0,
      };
      return evaluateCluster(facts, document?.environment ?? '', this.#viewer());
    });
    return { verdicts, turned };
  }

  #noteLinks(look: Look): ReadonlySet<string> {
    const connections = this.#deps.connections();
    const now = this.#deps.clock.now().toISOString();
    const turned = new Set<string>();
    const names = look.everything
      ? new Set([...(this.#deps.catalog()?.clusters.keys() ?? []), ...look.clusters])
      : look.clusters;
    for (const name of names) {
      const wasSilent = this.#silentSince.has(name);
      const isSilent = !connections.has(name);
      if (isSilent === wasSilent) continue;
      turned.add(name);
      if (isSilent) this.#silentSince.set(name, now);
      else this.#silentSince.delete(name);
    }
    return turned;
  }

  #link(cluster: string): Link {
    if (this.#deps.connections().has(cluster)) return { type: 'connected' };
    const since = this.#silentSince.get(cluster);
    return since === undefined ? { type: 'silent' } : { type: 'silent', since };
  }

  #viewer(): Viewer {
    return { now: this.#deps.clock.now().toISOString() };
  }
}
