import Type from 'typebox';
import { moment, ref, words } from './schema.ts';

export const ErrorSchema = Type.Object(
  {
    code: words([
      'invalid',
      'not-found',
      'denied',
      'unauthenticated',
      'conflict',
      'unavailable',
      'throttled',
      'timeout',
      'too-large',
      'unsupported',
      'cancelled',
      'internal',
    ]),
    message: Type.String({ description: 'What and why.' }),
    subject: Type.Optional(Type.String({ description: 'What it happened to.' })),
    remedy: Type.Optional(Type.String({ description: 'What to do about it.' })),
  },
  { $id: 'Error', description: 'Why a request failed.' },
);

export const LocationSchema = Type.Object(
  { file: Type.String(), line: Type.Optional(Type.Integer({ minimum: 1 })) },
  { $id: 'Location', description: 'A place in a repository: a file relative to its root, a line from 1.' },
);

export const ProblemSchema = Type.Object(
  {
    code: Type.String({ description: 'For programs: `yaml-syntax`, `unknown-field`, …' }),
    message: Type.String(),
    location: Type.Optional(ref(LocationSchema)),
    field: Type.Optional(Type.String({ description: 'A path such as `spec.destination.server`.' })),
    remedy: Type.Optional(Type.String()),
  },
  {
    $id: 'Problem',
    description: 'Something wrong in what was read from Git. It changes and deletes nothing.',
  },
);

export const ObjectRefSchema = Type.Object(
  { group: Type.String(), kind: Type.String(), namespace: Type.String(), name: Type.String() },
  {
    $id: 'ObjectRef',
    description: 'The identity of a Kubernetes object; the namespace is empty where it has none.',
  },
);

export const GateSchema = Type.Object(
  {
    kind: words(['refusal', 'frozen', 'brake', 'conflict', 'guard', 'hold', 'window', 'decommission']),
    id: Type.Optional(
      Type.String({ description: 'What to name it by, where it can be ended or confirmed.' }),
    ),
    reason: Type.String(),
    location: Type.Optional(ref(LocationSchema)),
    owner: Type.Optional(Type.String()),
    since: Type.Optional(moment('When it closed.')),
    until: Type.Optional(moment('When it opens by itself.')),
    objects: Type.Optional(
      Type.Array(ref(ObjectRefSchema), {
        description: 'What it holds; of a brake exactly what its id stands for.',
      }),
    ),
    remedy: Type.String({ description: 'What to do to clear it.' }),
  },
  { $id: 'Gate', description: 'What holds an application back.' },
);

export const HealthSchema = Type.Object(
  {
    status: words(['Healthy', 'Suspended', 'Progressing', 'Missing', 'Degraded', 'Unknown']),
    message: Type.String({ description: 'The deepest reason known; empty when healthy.' }),
    reason: Type.Optional(
      Type.String({ description: 'The same in one word, for programs: `ImagePullBackOff`, `NotObserved`.' }),
    ),
    gating: Type.Optional(
      Type.Literal(false, { description: 'Set where nothing waits for it to become healthy.' }),
    ),
  },
  { $id: 'Health' },
);

export const CommitSchema = Type.Object(
  {
    id: Type.String(),
    author: Type.String(),
    committedAt: moment("By the committer's clock."),
    subject: Type.String(),
    version: Type.Optional(Type.String({ description: 'Of a chart: its version; `id` is its digest then.' })),
  },
  { $id: 'Commit' },
);

export const ModeSchema = words(['observe', 'sync', 'heal'], {
  description: '`observe` reports only, `sync` applies Git, `heal` also corrects drift.',
});

export const toneWords = ['calm', 'moving', 'attention', 'broken', 'unknown'] as const;

export const ToneSchema = words(toneWords, {
  description: 'How it should look.',
});

/** Where the reader is: sentences carry times for that zone. */
export const viewerQuery = {
  timeZone: Type.Optional(
    Type.String({
      description: 'IANA zone of the times inside sentences, such as `Europe/Berlin`; UTC if absent.',
    }),
  ),
};
