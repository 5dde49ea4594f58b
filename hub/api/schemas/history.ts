import Type from 'typebox';
import { CommitSchema } from './common.ts';
import { moment, ref, type Value, words } from './schema.ts';

export const HistoryEntrySchema = Type.Object(
  {
    commit: ref(CommitSchema),
    fleetCommit: Type.Optional(
      Type.Unsafe<Value<typeof CommitSchema>>({
        ...ref(CommitSchema),
        description: "The fleet repository's then, where it is another one.",
      }),
    ),
    sources: Type.Optional(
      Type.Array(
        Type.Object({
          repoURL: Type.String(),
          targetRevision: Type.String(),
          commit: ref(CommitSchema),
          resolved: Type.Optional(Type.String({ description: 'The tag that a range of versions came to.' })),
        }),
        { description: 'Of all its sources, where there are several or a range of versions.' },
      ),
    ),
    digest: Type.String({ description: 'Of the desired state.' }),
    decidedAt: moment('When the hub decided it.'),
    firstAppliedAt: Type.Optional(moment("When it was first applied whole, by the agent's clock.")),
    lastAppliedAt: Type.Optional(moment("When it was last applied whole, by the agent's clock.")),
    completedAt: Type.Optional(
      moment("When every object of it was first applied and healthy, by the agent's clock."),
    ),
    state: words(['running', 'pending', 'past', 'never-applied'], {
      description:
        '`running`: applied last. `pending`: desired, not applied yet. `past`: was applied. `never-applied`: was replaced before.',
    }),
  },
  { $id: 'HistoryEntry', description: 'A commit that changed what an application should run.' },
);
