import type { Registry as AnyRegistry, Gauge as GaugeOf } from 'prom-client';
import Counter from 'prom-client/lib/counter.js';
import Gauge from 'prom-client/lib/gauge.js';
import Registry from 'prom-client/lib/registry.js';
import type { AgentFigures } from './figures.ts';

/** One request to the API server as it is counted. */
export interface RequestFigure {
  readonly verb: string;
  /** HTTP status; 0 where no answer came. */
  readonly status: number;
}

export interface Metrics {
  readonly contentType: string;
  readonly countRequest: (request: RequestFigure) => void;
  /** Everything in Prometheus' text format, as it is now. */
  readonly write: () => Promise<string>;
}

/** The agent's metrics under `fairlead_agent_`; gauges are read when they are asked for. */
export function createMetrics(
  { version, cluster }: { readonly version: string; readonly cluster: string },
  figures: () => AgentFigures,
): Metrics {
  const registry = new Registry();
  const registers = [registry];
  const gauge = (name: string, help: string, read: (now: AgentFigures) => number): void => {
    const made: GaugeOf = new Gauge({
      name: `fairlead_agent_${name}`,
      help,
      registers,
      collect: () => made.set(read(figures())),
    });
  };
  new Gauge({
    name: 'fairlead_agent_build_info',
    help: 'Version of the agent and the cluster that it keeps; always 1.',
    labelNames: ['version', 'cluster'],
    registers,
  }).set({ version, cluster }, 1);
  gauge('ready', 'Whether the agent keeps its cluster.', ({ unready }) => (unready === undefined ? 1 : 0));
  gauge('hub_connected', 'Whether the stream to the hub is up.', ({ hubConnected }) =>
    hubConnected ? 1 : 0,
  );
  gauge(
    'hub_last_contact_timestamp_seconds',
    'When the stream to the hub was last up; 0 where it never was since the start.',
    ({ lastContactMs = 0 }) => lastContactMs / 1000,
  );
  gauge('generation', 'Generation of the desired state in force.', ({ generation }) => generation);
  gauge(
    'open_drifts',
    'Differences between Git and the cluster that are open.',
    ({ openDrifts }) => openDrifts,
  );
  gauge('unsent_reports', 'Reports that the hub has not acknowledged.', ({ unsentReports }) => unsentReports);
  countApplications(registers, figures);
  const requests = new Counter({
    name: 'fairlead_agent_kube_requests_total',
    help: 'Requests to the API server by verb and HTTP status; code 0 where no answer came.',
    labelNames: ['verb', 'code'],
    registers,
  });
  return {
    contentType: registry.contentType,
    countRequest: ({ verb, status }) => requests.inc({ verb, code: String(status) }),
    write: () => registry.metrics(),
  };
}

function countApplications(registers: AnyRegistry[], figures: () => AgentFigures): void {
  const made: GaugeOf<'sync'> = new Gauge({
    name: 'fairlead_agent_applications',
    help: 'Applications on this cluster by whether live matches Git.',
    labelNames: ['sync'],
    registers,
    collect() {
      for (const [sync, count] of Object.entries(figures().applications)) made.set({ sync }, count);
    },
  });
}
