/** The parts of prom-client that are needed, by their files: all of it would weigh 9 MB more in the agent's process. */
declare module 'prom-client/lib/registry.js' {
  import type { Registry } from 'prom-client';

  const value: typeof Registry;
  export = value;
}

declare module 'prom-client/lib/gauge.js' {
  import type { Gauge } from 'prom-client';

  const value: typeof Gauge;
  export = value;
}

declare module 'prom-client/lib/counter.js' {
  import type { Counter } from 'prom-client';

  const value: typeof Counter;
  export = value;
}
