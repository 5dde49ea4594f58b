import Type from 'typebox';
import { HealthSchema, ObjectRefSchema } from './common.ts';
import { moment, ref, words } from './schema.ts';

export const TreeNodeSchema = Type.Object(
  {
    ref: ref(ObjectRefSchema),
    depth: Type.Integer({
      description: "0 for the application's own; what follows with more stands below it.",
    }),
    presence: words(['live', 'missing', 'unknown']),
    health: Type.Optional(ref(HealthSchema)),
    images: Type.Optional(Type.Array(Type.String())),
    containers: Type.Optional(Type.Array(Type.String(), { description: 'Of a pod, by name.' })),
    restarts: Type.Optional(Type.Integer({ description: 'Of all containers of a pod.' })),
    ready: Type.Optional(
      Type.String({ description: 'Such as `1/2`: containers of a pod, replicas of others.' }),
    ),
    createdAt: Type.Optional(Type.String()),
    ownedBy: Type.Optional(Type.String({ description: 'Another application, whose mark is on it.' })),
    more: Type.Optional(Type.Integer({ description: 'Children that are not shown: there are too many.' })),
    idle: Type.Optional(
      Type.Integer({ description: 'Children that are not shown: old revisions without pods.' }),
    ),
  },
  { $id: 'TreeNode', description: 'An object of an application, or one that it made.' },
);

const problems = Type.Array(Type.String(), { description: 'What could not be looked at, with what to do.' });
const at = moment("When it was read, by the agent's clock.");

export const ResourceTreeSchema = Type.Object(
  {
    application: Type.String(),
    nodes: Type.Array(ref(TreeNodeSchema), { description: 'Depth first.' }),
    more: Type.Integer({ description: 'Objects of the application that are not shown: there are too many.' }),
    problems,
    at,
  },
  { $id: 'ResourceTree', description: 'What an application is on its cluster now, down to the pods.' },
);

export const LiveObjectSchema = Type.Object(
  {
    ref: ref(ObjectRefSchema),
    object: Type.Record(Type.String(), Type.Unknown(), {
      description: 'The object as it is. Values of a Secret are sealed by the agent.',
    }),
    notes: Type.Array(Type.String(), { description: 'What was left out or sealed.' }),
    at,
  },
  { $id: 'LiveObject', description: 'One object of a cluster as it is now.' },
);

export const ObjectEventSchema = Type.Object(
  {
    ref: ref(ObjectRefSchema),
    type: Type.String({ description: '`Normal` or `Warning`.' }),
    reason: Type.String(),
    message: Type.String(),
    count: Type.Integer(),
    firstAt: Type.String(),
    lastAt: Type.String(),
    source: Type.String({ description: 'The component that saw it.' }),
  },
  { $id: 'ObjectEvent', description: "What a cluster's component said of an object." },
);

export const ObjectEventsSchema = Type.Object(
  {
    application: Type.String(),
    events: Type.Array(ref(ObjectEventSchema), { description: 'Newest last.' }),
    more: Type.Integer({ description: 'Older ones that are not shown: there are too many.' }),
    problems,
    at,
  },
  { $id: 'ObjectEvents', description: 'A cluster forgets its events, most of them after an hour.' },
);
