import { isDue } from '../incident/outbox.ts';
import { viewBy } from './api-view.ts';
import type { ApiContext } from './context.ts';
import { createGate } from './gate.ts';
import type { MetricName } from './metric-table.ts';
import { listItems } from './routes/applications.ts';
import { listClusters } from './routes/clusters.ts';

export interface Sample {
  readonly name: MetricName;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Everything that the hub knows of itself and the fleet, in numbers. Samples of equal labels add up. */
export async function readFigures(context: ApiContext, listeners: number): Promise<readonly Sample[]> {
  const parts = await Promise.all([fleetFigures(context), storeFigures(context)]);
  return [...parts.flat(), ...hubFigures(context, listeners)];
}

async function fleetFigures(context: ApiContext): Promise<readonly Sample[]> {
  const viewer = { now: context.clock.now().toISOString() };
  // Whoever may read the figures may read those of everything.
  const whole = viewBy(context, createGate(context, { type: 'administrator' }));
  const [items, clusters, records, statuses] = await Promise.all([
    listItems(whole, viewer),
    listClusters(whole, viewer),
    context.store.listApplications(),
    context.store.readStatuses(),
  ]);
  const gates = records.flatMap(({ application, gates: own }) => [
    ...own,
    ...(statuses.get(application)?.gates ?? []),
  ]);
  return [
    ...items.flatMap(({ environment, sync, health, openDrifts }) => [
      sample('fairlead_applications', 1, { environment, sync, health: health.status }),
      sample('fairlead_drifts_open', openDrifts, { environment }),
    ]),
    ...gates.map(({ kind }) => sample('fairlead_gates', 1, { kind })),
    ...clusters.flatMap(({ name: cluster, connected, lastSeenAt }) => {
      const seenAt = connected ? viewer.now : lastSeenAt;
      return [
        sample('fairlead_agent_connected', connected ? 1 : 0, { cluster }),
        ...(seenAt === undefined
          ? []
          : [sample('fairlead_agent_last_seen_timestamp_seconds', seconds(seenAt), { cluster })]),
      ];
    }),
  ];
}

async function storeFigures({ store, clock }: ApiContext): Promise<readonly Sample[]> {
  const [open, outbox, bytes] = await Promise.all([
    store.readIncidents({}),
    store.readOutbox(),
    store.size(),
  ]);
  const due = outbox.flatMap(({ deliveries }) => deliveries.filter(isDue));
  const now = clock.now().getTime();
  const ages = due.map(({ wantedAt }) => (now - Date.parse(wantedAt)) / 1000);
  return [
    ...open
      .filter(({ incident }) => incident.state === 'open')
      .map(({ incident }) => sample('fairlead_incidents_open', 1, { trigger: incident.condition.trigger })),
    sample('fairlead_notification_outbox_depth', due.length),
    sample('fairlead_notification_outbox_oldest_age_seconds', Math.max(0, ...ages)),
    sample('fairlead_hub_store_bytes', bytes),
  ];
}

function hubFigures({ control, figures, version }: ApiContext, listeners: number): readonly Sample[] {
  const lastPass = control.lastPass();
  return [
    sample('fairlead_build_info', 1, { version, node: process.version }),
    sample('fairlead_catalog_problems', control.problems().length),
    sample('fairlead_hub_event_listeners', listeners),
    sample('fairlead_hub_last_pass_timestamp_seconds', lastPass === undefined ? 0 : seconds(lastPass.at)),
    sample('fairlead_hub_last_pass_duration_seconds', figures.lastPassDurationMs / 1000),
    ...counted('fairlead_hub_passes_total', figures.passes),
    ...counted('fairlead_hub_git_fetches_total', figures.fetches),
    ...counted('fairlead_hub_renders_total', figures.renders),
    ...[...figures.deliveries].map(([outcome, value]) => {
      const [receiver = '', result = ''] = outcome.split(' ');
      return sample('fairlead_notification_deliveries_total', value, { receiver, result });
    }),
  ];
}

/** Both outcomes from the first scrape on, so that a rate sees the first failure. */
function counted(name: MetricName, counts: ReadonlyMap<string, number>): readonly Sample[] {
  return ['ok', 'failed'].map((result) => sample(name, counts.get(result) ?? 0, { result }));
}

function sample(name: MetricName, value: number, labels: Sample['labels'] = {}): Sample {
  return { name, labels, value };
}

function seconds(moment: string): number {
  return Date.parse(moment) / 1000;
}
