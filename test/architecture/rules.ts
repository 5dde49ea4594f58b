/**
 * The walls of the code base as data. Each rule says why it is there and what to do instead; a wall that turns
 * out wrong is moved here, in a commit that says so.
 */

export interface Layer {
  /** Shown in messages and named by other layers' `imports`. */
  readonly name: string;
  /** `folder/` is everything below a folder, `folder/*` its own files only, anything else one file. */
  readonly at: string;
  /** Free of input, output, clocks and chance. */
  readonly pure: boolean;
  /** Layers that it may import besides itself: a name for anything, `type name` for types only. */
  readonly imports: readonly string[];
  readonly why: string;
  readonly instead: string;
}

const WORDS = {
  why: 'every part shares these words, so a dependency here is a dependency of everything',
  instead: 'move the code to the layer that needs the import, and pass its result in as data',
};
const WIRE = {
  why: 'the wire is the contract between versions: it knows words and bytes, nobody’s decisions',
  instead: 'translate between wire and words here, and decide in hub/session or agent/session',
};
const DECIDER = {
  why: 'deciders are functions from facts to data, ordered like the data flow, and know no edge and no shell',
  instead:
    'take the fact as a parameter; the shell gathers it from an edge first and carries out the result after',
};
const EDGE = {
  why: 'an edge carries facts in and decisions out; it may ask a decider, but one that calls another edge hides a flow from the shell',
  instead: 'let the shell (loop.ts or context.ts) call both, or take what is needed as a parameter',
};
const SHELL = {
  why: 'a shell wires one side; hub and agent meet on the wire only',
  instead: 'put what both sides need in core/ or proto/',
};
const CLIENT = {
  why: 'clients see the hub as its HTTP API shows it, so that CLI, UI and scripts can do the same',
  instead: 'add what is missing to the HTTP API, and call that',
};
const OUTSIDE = {
  why: 'these try, measure and show the product; the product stands without them',
  instead: 'move what the product needs into the product',
};

const HUB_DECIDERS = [
  'credentials',
  'catalog',
  'access',
  'resolve',
  'desired',
  'drift',
  'explain',
  'incident',
  'promotion',
  'session',
];
const AGENT_DECIDERS = ['health', 'plan', 'session'];
const HUB_EDGES = [
  'git',
  'signatures',
  'charts',
  'remote',
  'hosts',
  'render',
  'store',
  'stream',
  'api',
  'notify',
  'identity',
];
const AGENT_EDGES = [
  'stream',
  'state',
  'kube',
  'apply',
  'observe',
  'inspect',
  'report',
  'probe',
  'admission',
];
/** Parts of a shell that are a flow of their own. */
const SHELL_FOLDERS = { hub: ['sources', 'proposal', 'alerting'], agent: ['engine'] } as const;
const PRODUCT = [
  ...['core', 'proto', 'proto/gen', 'client', 'cli', 'web'],
  ...sideLayers('hub'),
  ...sideLayers('agent'),
];

function sideLayers(side: 'hub' | 'agent'): readonly string[] {
  const [deciders, edges] = side === 'hub' ? [HUB_DECIDERS, HUB_EDGES] : [AGENT_DECIDERS, AGENT_EDGES];
  const files = ['ports', 'shell', 'main', ...(side === 'hub' ? ['validate'] : []), ...SHELL_FOLDERS[side]];
  return [...deciders, ...edges, ...files].map((name) => `${side}/${name}`);
}

/** Each decider may import those before it, and the types of the facts that ports deliver. */
function deciders(side: 'hub' | 'agent', folders: readonly string[]): readonly Layer[] {
  return folders.map((folder, index) => ({
    name: `${side}/${folder}`,
    at: `${side}/${folder}/`,
    pure: true,
    imports: ['core', `type ${side}/ports`, ...folders.slice(0, index).map((each) => `${side}/${each}`)],
    ...DECIDER,
  }));
}

function edges(
  side: 'hub' | 'agent',
  folders: readonly string[],
  upstream: readonly string[],
): readonly Layer[] {
  const facts = ['core', `${side}/ports`, ...upstream.map((folder) => `${side}/${folder}`)];
  return folders.map((folder) => ({
    name: `${side}/${folder}`,
    at: `${side}/${folder}/`,
    pure: false,
    imports: [...facts, ...(folder === 'stream' ? ['proto', 'proto/gen'] : [])],
    ...EDGE,
  }));
}

/** `shell` is every file that stands directly in the side's folder and isn't named on its own. */
function shells(side: 'hub' | 'agent'): readonly Layer[] {
  const all = ['core', 'proto', ...sideLayers(side)];
  return [
    {
      name: `${side}/ports`,
      at: `${side}/ports.ts`,
      pure: true,
      imports: [
        'core',
        ...(side === 'hub' ? HUB_DECIDERS : AGENT_DECIDERS).map((each) => `type ${side}/${each}`),
      ],
      why: 'ports say what a side needs of the outside; they know no implementation',
      instead: 'describe the need with words of core/ and with types of the deciders',
    },
    { name: `${side}/main`, at: `${side}/main.ts`, pure: false, imports: all, ...SHELL },
    ...SHELL_FOLDERS[side].map((folder) => ({
      name: `${side}/${folder}`,
      at: `${side}/${folder}/`,
      pure: false,
      imports: all,
      ...SHELL,
    })),
    { name: `${side}/shell`, at: `${side}/*`, pure: false, imports: all, ...SHELL },
  ];
}

export const LAYERS: readonly Layer[] = [
  { name: 'core', at: 'core/', pure: true, imports: [], ...WORDS },
  { name: 'proto/gen', at: 'proto/gen/', pure: false, imports: [], ...WIRE },
  { name: 'proto', at: 'proto/', pure: true, imports: ['core', 'proto/gen'], ...WIRE },
  {
    name: 'client',
    at: 'client/',
    pure: true,
    imports: [],
    why: 'the types of the HTTP API are generated from its document, and are all that clients share with the hub',
    instead: 'change the API and run make generate',
  },
  ...deciders('hub', HUB_DECIDERS),
  ...deciders('agent', AGENT_DECIDERS),
  ...edges('hub', HUB_EDGES, HUB_DECIDERS),
  ...edges('agent', AGENT_EDGES, AGENT_DECIDERS),
  {
    name: 'hub/validate',
    at: 'hub/validate.ts',
    pure: false,
    imports: ['core', ...sideLayers('hub')],
    ...SHELL,
  },
  ...shells('hub'),
  ...shells('agent'),
  {
    name: 'cli',
    at: 'cli/',
    pure: false,
    // The main files only by `import()`, so that `fairlead agent` loads the agent and nothing else.
    imports: ['core', 'client', 'hub/validate', 'lazy hub/main', 'lazy agent/main'],
    ...CLIENT,
  },
  { name: 'web', at: 'web/', pure: false, imports: ['core', 'client'], ...CLIENT },
  {
    name: 'test/support',
    at: 'test/support/',
    pure: false,
    imports: [...PRODUCT, 'test/clusters', 'scripts'],
    ...OUTSIDE,
  },
  { name: 'test/clusters', at: 'test/clusters/', pure: false, imports: [...PRODUCT], ...OUTSIDE },
  {
    name: 'test',
    at: 'test/',
    pure: false,
    imports: [...PRODUCT, 'test/clusters', 'test/support', 'demo', 'bench', 'scripts'],
    ...OUTSIDE,
  },
  {
    name: 'demo',
    at: 'demo/',
    pure: false,
    imports: [...PRODUCT, 'test/clusters', 'test/support'],
    ...OUTSIDE,
  },
  {
    name: 'bench',
    at: 'bench/',
    pure: false,
    imports: [...PRODUCT, 'test/clusters', 'test/support'],
    ...OUTSIDE,
  },
  { name: 'scripts', at: 'scripts/', pure: false, imports: [...PRODUCT], ...OUTSIDE },
];

/** Layers that may use any installed package, and whose shape follows other rules than the product's. */
export const OUTSIDE_LAYERS: readonly string[] = [
  'test',
  'test/clusters',
  'test/support',
  'demo',
  'bench',
  'scripts',
];

/** Modules of Node that a pure file may use. */
export const PURE_NODE_MODULES: readonly { readonly file: string; readonly modules: readonly string[] }[] = [
  // Hashing is a function of its input.
  { file: 'core/digest.ts', modules: ['node:crypto'] },
  // So is packing.
  { file: 'core/packed-text.ts', modules: ['node:zlib'] },
];

/** Text that must not stand in a file; matched with comments and the contents of strings blanked. */
export interface BannedText {
  readonly pattern: RegExp;
  readonly name: string;
  readonly why: string;
  readonly instead: string;
}

const CHANCE = 'the same facts must give the same decision, or a transcript can’t be replayed';
const AS_PARAMETER = 'take it as a parameter; the shell reads it from an edge';

export const BANNED_IN_PURE: readonly BannedText[] = [
  { name: 'Date.now', pattern: /\bDate\s*\.\s*now\b/, why: CHANCE, instead: AS_PARAMETER },
  {
    name: 'new Date()',
    pattern: /\bnew\s+Date\s*(?:\(\s*\)|(?![\w\s(]))/,
    why: CHANCE,
    instead: AS_PARAMETER,
  },
  { name: 'Date()', pattern: /(?<!new\s+|[.\w])Date\s*\(/, why: CHANCE, instead: AS_PARAMETER },
  { name: 'Temporal.Now', pattern: /\bTemporal\s*\.\s*Now\b/, why: CHANCE, instead: AS_PARAMETER },
  { name: 'performance', pattern: /(?<![.\w])performance\s*\./, why: CHANCE, instead: AS_PARAMETER },
  { name: 'Math.random', pattern: /\bMath\s*\.\s*random\b/, why: CHANCE, instead: AS_PARAMETER },
  {
    name: 'random bytes',
    pattern: /\b(?:randomUUID|randomBytes|randomInt|getRandomValues)\b/,
    why: CHANCE,
    instead: AS_PARAMETER,
  },
  {
    name: 'a timer',
    pattern: /(?<![.\w])(?:setTimeout|setInterval|setImmediate)\b/,
    why: 'time is an event that a decider is told of, not something it waits for',
    instead: 'return the time at which to be called again',
  },
  {
    name: 'process',
    pattern: /(?<![.\w])(?:globalThis\s*\.\s*)?process\s*[.[]/,
    why: 'a decision doesn’t depend on the process that makes it',
    instead: 'take the setting as a parameter; the configuration is read once, by the shell',
  },
  {
    name: 'console or fetch',
    // A method called fetch is declared after a line break or a semicolon; a call stands in an expression.
    pattern:
      /(?<![.\w])console\s*\.|\bglobalThis\s*\.\s*fetch\b|(?:\b(?:await|return)|[=(,:>?])\s*fetch\s*\(/,
    why: 'pure code has no effect besides its result',
    instead: 'return what there is to say as data',
  },
];

export const BANNED_EVERYWHERE: readonly BannedText[] = [
  {
    name: 'a default export',
    pattern: /^\s*export\s+default\b|\bas\s+default\b/m,
    why: 'a name is the same wherever it is imported, so that it can be searched for',
    instead: 'export it by its name',
  },
  {
    name: 'an enum',
    pattern: /^\s*(?:export\s+)?(?:declare\s+)?(?:const\s+)?enum\s+\w/m,
    why: 'Node strips types and can’t strip an enum; a union of literals is checked as well and prints as it is',
    instead: 'use a union of string literals, with an `as const` array where the values must be listed',
  },
  {
    name: 'a module mock',
    pattern: /\bvi\s*\.\s*(?:mock|doMock|unmock|importActual)\b/,
    why: 'a mocked module tests the mock; edges are tested against the real thing and the rest is pure',
    instead: 'pass a memory implementation of the port, or start the real thing',
  },
  {
    name: 'export *',
    pattern: /^\s*export\s+(?:type\s+)?\*/m,
    why: 'barrels hide where a name lives and load everything for one of them',
    instead: 'import the file that declares the name',
  },
];
