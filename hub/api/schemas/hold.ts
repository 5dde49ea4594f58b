import Type from 'typebox';
import { ObjectRefSchema } from './common.ts';
import { moment, ref, words } from './schema.ts';

export const HoldSchema = Type.Object(
  {
    id: Type.Optional(
      Type.String({ description: 'Absent for one set with kubectl: it ends where it was set.' }),
    ),
    source: words(['hub', 'kubectl']),
    cluster: Type.String(),
    application: Type.Optional(Type.String({ description: 'Absent: all of the cluster, or `ref`.' })),
    ref: Type.Optional(ref(ObjectRefSchema)),
    reason: Type.String(),
    heldBy: Type.String(),
    since: moment('When it began.'),
    until: moment('When it ends by itself.'),
    state: words(['waiting', 'in-force', 'ending', 'ended'], {
      description:
        '`waiting`: its agent has not taken it yet. `ending`: it was ended, and its agent has not said so yet.',
    }),
    endedAt: Type.Optional(moment('When somebody ended it.')),
    endedBy: Type.Optional(Type.String()),
  },
  { $id: 'Hold', description: 'What is left alone for a time: nothing is written there.' },
);

export const NewHoldSchema = Type.Object(
  {
    target: Type.String({
      minLength: 1,
      description: 'A cluster, or an application: its key, its name or `cluster/name`.',
    }),
    kind: Type.Optional(
      words(['application', 'cluster'], { description: 'Where both are called so; else it is found out.' }),
    ),
    forSeconds: Type.Integer({ minimum: 60, maximum: 2_592_000, description: 'At most 30 days.' }),
    reason: Type.String({ minLength: 1, maxLength: 500 }),
    by: Type.Optional(
      Type.String({ minLength: 1, maxLength: 200, description: 'Who asks, in their own words.' }),
    ),
  },
  { additionalProperties: false },
);
