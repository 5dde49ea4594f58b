/** Where a package may be imported: folders or files, as in {@link Layer.at}. */
export interface PackageOwner {
  readonly package: string;
  readonly owners: readonly string[];
  readonly why: string;
}

const WHY_HTTP_API = 'the HTTP API is one edge; nothing else knows its framework';
const WHY_CLI = 'the terminal is the CLI’s matter; others return data';
const WHY_IDENTITY = 'certificates are made in one place per side, where they can be audited';
const CERTIFICATES = ['hub/identity/', 'hub/stream/', 'agent/stream/', 'agent/admission/'];

const WHY_WEB = 'pages stand in web/ and are built to plain files; nothing else draws in a browser';
const WEB_PACKAGES = [
  'react',
  'react-dom',
  '@mantine/core',
  '@mantine/hooks',
  '@tanstack/react-query',
  '@tanstack/react-virtual',
  'wouter',
  'vite',
  '@vitejs/plugin-react',
];

export const PACKAGE_OWNERS: readonly PackageOwner[] = [
  ...['better-sqlite3', 'kysely'].map((name) => ({
    package: name,
    owners: ['hub/store/'],
    why: 'SQL stays in one folder, so the database can be another',
  })),
  {
    package: '@grpc/grpc-js',
    owners: ['hub/stream/', 'agent/stream/', 'proto/gen/'],
    why: 'sessions are state machines that own no socket; the streams do',
  },
  {
    package: '@bufbuild/protobuf',
    owners: ['proto/'],
    why: 'bytes of the wire are read and written in proto/ only',
  },
  {
    package: 'undici',
    owners: ['agent/kube/', 'hub/remote/'],
    why: 'one place of a side talks over HTTP with trust and proxies of its own, with one connection pool',
  },
  {
    package: '@kubernetes/client-node',
    owners: ['agent/kube/'],
    why: 'it drops fields of objects and costs 85 MB: only its credential plugins are used, loaded where needed',
  },
  { package: 'isomorphic-git', owners: ['hub/git/'], why: 'Git has two implementations behind one port' },
  { package: 'fastify', owners: ['hub/api/'], why: WHY_HTTP_API },
  { package: '@fastify/swagger', owners: ['hub/api/'], why: WHY_HTTP_API },
  { package: '@fastify/type-provider-typebox', owners: ['hub/api/'], why: WHY_HTTP_API },
  { package: 'typebox', owners: ['hub/api/'], why: WHY_HTTP_API },
  { package: '@fastify/static', owners: ['hub/api/'], why: WHY_HTTP_API },
  ...WEB_PACKAGES.map((name) => ({ package: name, owners: ['web/'], why: WHY_WEB })),
  { package: 'diff', owners: ['hub/promotion/'], why: 'what a proposal changes is shown in one way' },
  {
    package: 'prom-client',
    owners: ['hub/api/', 'agent/probe/'],
    why: 'figures are counted where they arise and written out where they are asked for',
  },
  { package: 'commander', owners: ['cli/'], why: WHY_CLI },
  { package: 'cli-table3', owners: ['cli/'], why: WHY_CLI },
  { package: 'openapi-fetch', owners: ['cli/', 'web/'], why: 'the client is typed from the API’s document' },
  {
    package: 'pino',
    owners: ['hub/main.ts', 'agent/main.ts'],
    why: 'loggers are handed in, so that a test can read what was logged',
  },
  { package: '@peculiar/x509', owners: CERTIFICATES, why: WHY_IDENTITY },
  { package: 'reflect-metadata', owners: CERTIFICATES, why: WHY_IDENTITY },
  {
    package: 'croner',
    owners: ['hub/catalog/', 'agent/plan/'],
    why: 'schedules of sync windows are checked where they are read and asked where they hold',
  },
  {
    package: '@marcbachmann/cel-js',
    owners: ['hub/catalog/', 'agent/health/'],
    why: 'expressions of health rules are checked where they are read and evaluated where the objects are',
  },
  {
    package: 'modern-tar',
    owners: ['hub/charts/'],
    why: 'archives are unpacked in one place, with its limits',
  },
  {
    package: 'semver',
    owners: ['hub/catalog/'],
    why: 'ranges of versions have Argo CD’s grammar, not the library’s: hub/catalog/version-range.ts has it for all',
  },
  {
    package: 'yaml',
    owners: [
      'hub/credentials/',
      'hub/catalog/',
      'hub/charts/',
      'hub/render/',
      'hub/promotion/',
      'hub/hosts/',
      'hub/config.ts',
      'agent/config.ts',
      'cli/',
      'web/',
    ],
    why: 'YAML is a way to write documents and configuration; once read, all is data',
  },
];
