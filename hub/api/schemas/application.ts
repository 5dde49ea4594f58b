import Type from 'typebox';
import { AttemptSchema } from './attempt.ts';
import {
  CommitSchema,
  GateSchema,
  HealthSchema,
  LocationSchema,
  ModeSchema,
  ObjectRefSchema,
  ProblemSchema,
  ToneSchema,
} from './common.ts';
import { DriftSchema } from './drift.ts';
import { moment, ref, words } from './schema.ts';

export const causeWords = [
  'applying',
  'drifted',
  'gated',
  'failed',
  'not-applied',
  'silent',
  'frozen',
  'not-reported',
] as const;

const item = {
  application: Type.String({ description: '`namespace/name`, unique in the fleet.' }),
  name: Type.String(),
  project: Type.String(),
  cluster: Type.String({ description: 'Empty where its destination names no known cluster.' }),
  environment: Type.String(),
  namespace: Type.String(),
  mode: ModeSchema,
  owner: Type.Optional(Type.String()),
  repoURL: Type.String(),
  chart: Type.Optional(Type.String({ description: 'Its name in a repository of charts.' })),
  targetRevision: Type.String(),
  path: Type.String(),
  location: ref(LocationSchema),
  commit: Type.Optional(ref(CommitSchema)),
  sync: words(['Synced', 'OutOfSync', 'Unknown']),
  cause: Type.Optional(words(causeWords)),
  because: Type.Optional(Type.String({ description: 'The cause for people: `applying (12 of 30)`.' })),
  health: ref(HealthSchema),
  sentence: Type.String({ description: 'Everything that matters, in one sentence.' }),
  tone: ToneSchema,
  openDrifts: Type.Integer(),
  appliedAt: Type.Optional(moment('When a desired state was last applied whole.')),
};

export const ApplicationSourceSchema = Type.Object(
  {
    name: Type.Optional(Type.String()),
    ref: Type.Optional(Type.String({ description: 'By which value files of other sources name it.' })),
    repoURL: Type.String(),
    chart: Type.Optional(Type.String({ description: 'Its name in a repository of charts.' })),
    targetRevision: Type.String(),
    path: Type.Optional(Type.String({ description: 'Absent where nothing is rendered from it.' })),
    commit: Type.Optional(ref(CommitSchema)),
    resolved: Type.Optional(Type.String({ description: 'The tag that a range of versions came to.' })),
  },
  { $id: 'ApplicationSource', description: 'One place that an application is made from.' },
);

export const ApplicationItemSchema = Type.Object(item, {
  $id: 'ApplicationItem',
  description: 'One application on one cluster, as lists show it.',
});

export const ApplicationListSchema = Type.Object(
  {
    items: Type.Array(ref(ApplicationItemSchema)),
    total: Type.Integer({
      description: 'How many match all filters; more than `items` where a limit was given.',
    }),
  },
  { $id: 'ApplicationList', description: 'Applications that match all filters.' },
);

export const ObjectStatusSchema = Type.Object(
  {
    ref: ref(ObjectRefSchema),
    sync: words(['Synced', 'OutOfSync', 'Unknown']),
    health: Type.Optional(ref(HealthSchema)),
    verdict: Type.Optional(
      words(['approximate'], {
        description: "Where only Git's fields could be compared, for want of a dry-run.",
      }),
    ),
  },
  { $id: 'ObjectStatus' },
);

export const ObjectFailureSchema = Type.Object(
  {
    ref: ref(ObjectRefSchema),
    code: Type.String({ description: '`invalid`, `forbidden`, `webhook-down`, …' }),
    message: Type.String({ description: "The API server's own words, without values of Secrets." }),
    remedy: Type.Optional(Type.String({ description: 'What to do next, in a sentence.' })),
  },
  { $id: 'ObjectFailure' },
);

export const ApplicationSchema = Type.Object(
  {
    ...item,
    sources: Type.Array(ref(ApplicationSourceSchema), {
      description: 'All of them, in the order of its document.',
    }),
    digest: Type.Optional(Type.String({ description: 'Of the desired state that is sent.' })),
    appliedDigest: Type.Optional(
      Type.String({ description: 'Of the desired state that was last applied whole.' }),
    ),
    completedAt: Type.Optional(
      moment('When every object of what runs was first applied and healthy; absent until then.'),
    ),
    unfinished: Type.Optional(
      Type.String({
        description: 'What it lacks to be complete: `9 of 12 applied; Deployment web failed: …`.',
      }),
    ),
    note: Type.Optional(Type.String({ description: 'What an operator should know of it.' })),
    info: Type.Optional(
      Type.Array(Type.Object({ name: Type.String(), value: Type.String() }), {
        description: 'What its document tells people, such as addresses (`spec.info`).',
      }),
    ),
    deletesOnRemoval: Type.Boolean({ description: 'Whether removing its document deletes its objects.' }),
    removal: Type.Optional(words(['delete', 'release'])),
    gates: Type.Array(ref(GateSchema), { description: "The hub's and the agent's." }),
    problems: Type.Array(ref(ProblemSchema)),
    drifts: Type.Array(ref(DriftSchema), { description: 'Open ones.' }),
    objects: Type.Array(ref(ObjectStatusSchema)),
    failures: Type.Array(ref(ObjectFailureSchema)),
    warnings: Type.Optional(
      Type.Array(ref(ObjectFailureSchema), {
        description: 'Worth mending, though nothing fails by it; absent: none.',
      }),
    ),
    attempt: Type.Optional(ref(AttemptSchema)),
  },
  { $id: 'Application', description: 'Everything that is known of one application.' },
);
