import Type from 'typebox';
import { CommitSchema, ProblemSchema, ToneSchema } from './common.ts';
import { moment, ref } from './schema.ts';

const CountsSchema = Type.Record(Type.String(), Type.Integer());

const tally = {
  applications: Type.Integer(),
  sync: CountsSchema,
  cause: CountsSchema,
  health: CountsSchema,
  tone: CountsSchema,
  openDrifts: Type.Integer(),
};

export const TallySchema = Type.Object(tally, { $id: 'Tally', description: 'Applications in numbers.' });

export const ClusterTallySchema = Type.Object(
  {
    name: Type.String(),
    connected: Type.Boolean(),
    lastSeenAt: Type.Optional(moment('When the hub heard of the agent last.')),
    sentence: Type.String(),
    state: ToneSchema,
    tally: ref(TallySchema),
  },
  { $id: 'ClusterTally', description: 'A cluster, and its applications in numbers.' },
);

export const OverviewSchema = Type.Object(
  {
    version: Type.String({ description: 'Of the hub.' }),
    now: moment("The hub's clock."),
    environments: Type.Array(
      Type.Object({
        name: Type.String({ description: 'Empty for clusters without one.' }),
        clusters: Type.Array(ref(ClusterTallySchema)),
      }),
      { description: 'In the order of promotion.' },
    ),
    limited: Type.Optional(
      Type.String({ description: 'A sentence where the caller may not see everything; absent otherwise.' }),
    ),
    total: ref(TallySchema),
    unplaced: Type.Integer({ description: 'Applications whose destination names no known cluster.' }),
    lastPass: Type.Optional(
      Type.Object(
        { commit: ref(CommitSchema), at: moment('When it ended.') },
        { description: 'The last whole pass over Git.' },
      ),
    ),
    lastChange: Type.Optional(
      Type.Object(
        {
          commit: ref(CommitSchema),
          repoURL: Type.String(),
          applications: Type.Integer({ description: 'Whose content it changed.' }),
          applied: Type.Integer({ description: 'Of these, whose clusters have applied it whole.' }),
          failed: Type.Integer({ description: 'Of these, whose clusters failed to.' }),
        },
        { description: 'How far the newest commit has come.' },
      ),
    ),
    sourceProblems: Type.Array(Type.Object({ url: Type.String(), problem: Type.String() }), {
      description: 'Repositories that could not be read last time.',
    }),
    problems: Type.Array(ref(ProblemSchema), { description: 'The first 50 of the fleet’s documents.' }),
    projects: Type.Array(Type.String(), { description: 'That applications name.' }),
    owners: Type.Array(Type.String(), { description: 'That applications name.' }),
  },
  { $id: 'Overview', description: 'The fleet at a glance.' },
);
