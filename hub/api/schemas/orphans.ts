import Type from 'typebox';
import { moment } from './schema.ts';

export const OrphansSchema = Type.Object(
  {
    cluster: Type.String(),
    namespace: Type.String(),
    applications: Type.Array(Type.String(), {
      description: "The project's applications that are deployed there.",
    }),
    objects: Type.Array(
      Type.Object({
        group: Type.String(),
        kind: Type.String(),
        name: Type.String(),
        createdAt: Type.Optional(moment("By the API server's clock.")),
      }),
      { description: 'At most 1,000.' },
    ),
    total: Type.Integer({ description: 'How many there are.' }),
    unread: Type.Array(Type.String(), {
      description: '`group/Kind` of what the agent could not look through: nothing is known of those.',
    }),
    observedAt: moment("When it was found to be so first, by the agent's clock."),
  },
  {
    $id: 'Orphans',
    description:
      'Objects of one namespace that belong to no application. They are no drift, and nothing deletes them.',
  },
);
