import Type from 'typebox';
import { severities, triggers } from '../../../core/incident.ts';
import { LocationSchema, ProblemSchema } from './common.ts';
import { moment, ref, words } from './schema.ts';

const receiverTypes = ['alertmanager', 'pagerDuty', 'slack', 'webhook'] as const;
const severity = () => words(severities, { description: 'How urgent it is.' });

const ReceiverStateSchema = Type.Object({
  name: Type.String(),
  type: words(receiverTypes),
  watchdogSeconds: Type.Optional(Type.Number({ description: 'How often it is told that the hub lives.' })),
  pending: Type.Integer({ description: 'Incidents that it has still to hear of.' }),
  pendingSince: Type.Optional(moment('Since when the oldest of them waits.')),
  lastDeliveredAt: Type.Optional(moment('When it confirmed a message last.')),
  lastError: Type.Optional(Type.String({ description: 'Why the last try failed; absent after a success.' })),
  nextAttemptAt: Type.Optional(moment('When it is tried again.')),
});

const patterns = () => Type.Optional(Type.Array(Type.String()));

export const NotificationSchema = Type.Object(
  {
    name: Type.String(),
    location: ref(LocationSchema),
    triggers: Type.Array(
      Type.Object({
        type: words(triggers),
        forSeconds: Type.Optional(
          Type.Number({ description: 'How long it must hold; absent: what the trigger has by itself.' }),
        ),
        severity: Type.Optional(severity()),
      }),
    ),
    match: Type.Object(
      {
        projects: patterns(),
        environments: patterns(),
        clusters: patterns(),
        owners: patterns(),
        severities: Type.Optional(Type.Array(severity())),
      },
      { description: 'Absent lists match everything.' },
    ),
    receivers: Type.Array(ReceiverStateSchema),
    problems: Type.Array(ref(ProblemSchema), { description: 'Secrets that are missing.' }),
  },
  { $id: 'Notification', description: 'Who is told of what, and how that goes. No secret stands in it.' },
);

export const NotificationTestSchema = Type.Object(
  {
    receiver: Type.String(),
    type: words(receiverTypes),
    delivered: Type.Boolean(),
    why: Type.Optional(Type.String({ description: 'Why not.' })),
  },
  { $id: 'NotificationTest', description: 'What became of a test message at one receiver.' },
);

export const IncidentSchema = Type.Object(
  {
    id: Type.String(),
    trigger: words(triggers),
    state: words(['open', 'resolved']),
    flapping: Type.Boolean({ description: 'It came and went so often that its end has to last.' }),
    subject: Type.Object({
      application: Type.Optional(Type.String()),
      cluster: Type.String(),
      environment: Type.String(),
      project: Type.Optional(Type.String()),
      owner: Type.Optional(Type.String()),
    }),
    severity: severity(),
    summary: Type.String(),
    nextStep: Type.String({ description: 'A command, or what to do.' }),
    openedAt: moment('When it began.'),
    resolvedAt: Type.Optional(moment('When it ended.')),
    notifications: Type.Array(
      Type.Object({
        notification: Type.String(),
        receiver: Type.String(),
        severity: severity(),
        told: Type.Optional(
          words(['firing', 'resolved'], {
            description: 'What the receiver confirmed last; absent: nothing.',
          }),
        ),
        toldAt: Type.Optional(moment('When it did.')),
        lastError: Type.Optional(Type.String({ description: 'Why the last try failed.' })),
      }),
    ),
  },
  {
    $id: 'Incident',
    description: 'Something that a Notification asks about, from its beginning to its end.',
  },
);
