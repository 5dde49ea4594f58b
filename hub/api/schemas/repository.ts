import Type from 'typebox';
import { moment, words } from './schema.ts';

const CredentialsEntrySchema = Type.Object(
  {
    name: Type.String(),
    urlPrefix: Type.String(),
    place: Type.String({ description: 'File and line of the list.' }),
    kind: words(['none', 'password', 'bearer', 'ssh', 'github-app'], {
      description: 'What servers are shown.',
    }),
  },
  { description: 'The entry of the list of credentials that fits; never its secret.' },
);

export const RepositorySchema = Type.Object(
  {
    url: Type.String({ description: 'Without credentials.' }),
    kind: words(['git', 'helm', 'oci']),
    holds: words(['catalog', 'sources']),
    applications: Type.Integer({ description: 'How many name it.' }),
    credentials: Type.Optional(CredentialsEntrySchema),
    fetchedAt: Type.Optional(moment('Of the last success.')),
    commits: Type.Record(Type.String(), Type.String(), {
      description: 'What was resolved last, by revision.',
    }),
    problem: Type.Optional(Type.String({ description: 'Why the last fetch failed.' })),
  },
  { $id: 'Repository', description: 'A repository that the hub reads.' },
);

const TestStepSchema = Type.Object({
  step: words(['credentials', 'name', 'connection', 'tls', 'authentication', 'repository', 'branch']),
  result: words(['passed', 'failed', 'skipped']),
  detail: Type.String(),
  remedy: Type.Optional(Type.String()),
});

export const RepositoryTestSchema = Type.Object(
  { url: Type.String(), steps: Type.Array(TestStepSchema) },
  { $id: 'RepositoryTest', description: 'The way to a repository, step by step.' },
);
