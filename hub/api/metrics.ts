import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { ApiContext } from './context.ts';
import { metricTable } from './metric-table.ts';
import { readFigures, type Sample } from './read-figures.ts';

interface Metrics {
  readonly contentType: string;
  read(): Promise<string>;
}

/** The hub's figures and its process's, read when they are asked for. */
export function createMetrics(context: ApiContext, listeners: () => number): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const metrics = new Map(
    metricTable.map(([name, help, labels]) => {
      const options = { name, help, labelNames: [...labels], registers: [registry] };
      return [name, name.endsWith('_total') ? new Counter(options) : new Gauge(options)];
    }),
  );
  return {
    contentType: registry.contentType,
    async read() {
      const samples = await readFigures(context, listeners());
      for (const metric of metrics.values()) metric.reset();
      for (const { name, labels, value } of samples) add(metrics.get(name), labels, value);
      return registry.metrics();
    },
  };
}

function add(metric: Counter | Gauge | undefined, labels: Sample['labels'], value: number): void {
  metric?.inc({ ...labels }, value);
}
