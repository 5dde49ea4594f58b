/** The parts of undici that are needed, by their files: all of it would weigh 13 MB more in the agent's process. */
declare module 'undici/lib/dispatcher/pool.js' {
  import type { Pool } from 'undici';

  const value: typeof Pool;
  export = value;
}

declare module 'undici/lib/api/index.js' {
  import type { Dispatcher } from 'undici';

  /** undici's main module puts it on the prototype of each dispatcher. */
  const api: {
    readonly request: (
      this: Dispatcher,
      options: Dispatcher.RequestOptions,
    ) => Promise<Dispatcher.ResponseData>;
  };
  export = api;
}
