import Type from 'typebox';
import { ObjectRefSchema } from './common.ts';
import { moment, ref, words } from './schema.ts';

export const WriterSchema = Type.Object(
  {
    manager: Type.String({ description: 'The field manager: a tool, never proof of a person.' }),
    operation: words(['Apply', 'Update']),
    subresource: Type.String({ description: '`scale`, `status`, …; empty for the object itself.' }),
  },
  { $id: 'Writer' },
);

const confidence = Type.Optional(
  words(['field', 'write', 'unknown'], {
    description:
      '`field`: managed fields name the one writer of this value. `write`: a removal, in one write whose writer they name. `unknown`: neither.',
  }),
);

const cause = Type.Optional(
  words(
    [
      'value-changed',
      'taken-over',
      'handover',
      'removed',
      'reset',
      'recreated',
      'written-as-us',
      'extra',
      'reordered',
    ],
    {
      description:
        "`taken-over`: another value, and whoever wrote it owns it. `handover`: the same, by an autoscaler. `value-changed`: another value that still counts as ours. `removed`: gone. `reset`: the API server lost whose fields are whose. `recreated`: another object of the same name. `written-as-us`: written by somebody else under Fairlead's field manager. `extra`: ours, and no longer in Git. `reordered`: the items of a list, named by their keys, are in another order.",
    },
  ),
);

export const DriftFieldSchema = Type.Object(
  {
    path: Type.String({ description: 'Such as `spec.template.spec.containers[name=web].image`.' }),
    desired: Type.Optional(
      Type.Unknown({ description: 'What Git says. Values of Secrets are keyed hashes.' }),
    ),
    live: Type.Optional(
      Type.Unknown({ description: 'What the cluster has; absent where the field is gone.' }),
    ),
    writer: Type.Optional(ref(WriterSchema)),
    writtenAt: Type.Optional(moment("When the writer wrote last, by the API server's clock.")),
    confidence,
    cause,
  },
  { $id: 'DriftField' },
);

export const DriftSchema = Type.Object(
  {
    id: Type.String(),
    application: Type.String(),
    ref: ref(ObjectRefSchema),
    kind: words(['missing', 'changed', 'extra', 'unowned']),
    fields: Type.Array(ref(DriftFieldSchema)),
    observedAt: moment("When the agent saw it first, by the agent's clock."),
    writer: Type.Optional(ref(WriterSchema)),
    writtenAt: Type.Optional(moment("When the writer wrote, by the API server's clock.")),
    confidence,
    person: Type.Optional(
      Type.String({
        description:
          'The user or service account whom the API server authenticated for it; only where the agent takes admission reviews and nobody else could have done it.',
      }),
    ),
    verdict: words(['exact', 'approximate']),
  },
  { $id: 'Drift', description: 'A difference between desired and live that Fairlead did not make.' },
);

const endWords = ['healed', 'synced', 'reverted', 'adopted', 'released'] as const;

export const DriftChangeSchema = Type.Object(
  {
    path: Type.String({ description: 'Such as `spec.replicas`.' }),
    from: Type.Optional(Type.Unknown({ description: 'Before; absent where nothing was there.' })),
    to: Type.Optional(Type.Unknown({ description: 'Since then; absent where nothing is there.' })),
    writer: Type.Optional(ref(WriterSchema)),
    writtenAt: Type.Optional(moment("When the writer wrote last, by the API server's clock.")),
  },
  { $id: 'DriftChange', description: 'What one event of a drift changed in one field.' },
);

export const DriftEventSchema = Type.Object(
  {
    drift: ref(DriftSchema),
    change: words(['opened', 'changed', 'closed']),
    at: moment("By the agent's clock."),
    end: Type.Optional(words(endWords)),
    changes: Type.Array(ref(DriftChangeSchema), {
      description: 'Against the event before it; at most ten, none where it closed.',
    }),
    moreChanges: Type.Integer({ description: 'Changes beyond those ten.' }),
    operation: Type.Optional(Type.String({ description: 'The operation whose sync ended it.' })),
    requestedBy: Type.Optional(Type.String({ description: 'Who asked for that operation.' })),
    sentence: Type.String({ description: 'What happened, in one line.' }),
  },
  { $id: 'DriftEvent' },
);

export const DriftEntrySchema = Type.Object(
  {
    cluster: Type.String(),
    drift: ref(DriftSchema),
    state: words(['open', 'closed']),
    closedAt: Type.Optional(moment('When it ended.')),
    end: Type.Optional(words(endWords)),
    events: Type.Optional(
      Type.Array(ref(DriftEventSchema), { description: 'Its course, oldest first; only for one drift.' }),
    ),
    sentence: Type.String(),
  },
  { $id: 'DriftEntry', description: 'A drift with its course.' },
);
