import Type from 'typebox';
import type { NotificationDocument, ReceiverSpec } from '../../catalog/documents.ts';
import type { ReceiverState } from '../../incident/receiver-state.ts';
import type { Api, ApiContext } from '../context.ts';
import { demand, gateOf } from '../gate.ts';
import { seesRepositories } from '../permissions.ts';
import { NotificationSchema, NotificationTestSchema } from '../schemas/notification.ts';
import { listOf, type Value } from '../schemas/schema.ts';

type Notification = Value<typeof NotificationSchema>;

export function addNotificationRoutes(api: Api, context: ApiContext): void {
  const { control, notifications, fleetRepository = '' } = context;
  api.get(
    '/notifications',
    {
      schema: {
        operationId: 'listNotifications',
        summary: 'Who is told of what, and how that goes, in the order of their names',
        response: { 200: listOf(NotificationSchema, 'Notifications of the last catalog.') },
      },
    },
    async (request) => {
      if (!gateOf(context, request).may(seesRepositories, [fleetRepository])) return { items: [] };
      const documents = [...(control.catalog()?.notifications.values() ?? [])];
      const states = notifications.states();
      const problems = notifications.problems();
      return {
        items: documents.map((document) => ({
          ...notificationOf(document, states),
          problems: problems.filter((problem) => isOf(document, problem)),
        })),
      };
    },
  );
  api.post(
    '/notifications/:name/test',
    {
      schema: {
        operationId: 'testNotification',
        summary: 'Sends a message marked as a test to all receivers of a Notification',
        params: Type.Object({ name: Type.String() }),
        response: { 200: listOf(NotificationTestSchema, 'What became of it at each receiver.') },
      },
    },
    async (request) => {
      demand(context, request, [fleetRepository]);
      const results = await notifications.test(request.params.name);
      return { items: results.map(({ notification: _name, ...result }) => result) };
    },
  );
}

function notificationOf(
  document: NotificationDocument,
  states: readonly ReceiverState[],
): Omit<Notification, 'problems'> {
  const { name, location, match } = document;
  return {
    name,
    location,
    triggers: document.triggers.map(({ type, forMs, severity }) => ({
      type,
      ...(forMs === undefined ? {} : { forSeconds: forMs / 1000 }),
      ...(severity === undefined ? {} : { severity }),
    })),
    match,
    receivers: document.receivers.map((spec) =>
      receiverOf(
        spec,
        states.find((state) => state.notification === name && state.receiver === spec.name),
      ),
    ),
  };
}

function receiverOf(spec: ReceiverSpec, state: ReceiverState | undefined): Notification['receivers'][number] {
  const { notification: _notification, receiver: _receiver, ...known } = state ?? { pending: 0 };
  return {
    ...known,
    name: spec.name,
    type: spec.target.type,
    ...(spec.watchdogMs === undefined ? {} : { watchdogSeconds: spec.watchdogMs / 1000 }),
  };
}

/** Whether a problem stands in this document: at one of its fields, in its file. */
function isOf(
  { location, fieldLines }: NotificationDocument,
  problem: Notification['problems'][number],
): boolean {
  const line = problem.field === undefined ? undefined : fieldLines.get(problem.field);
  return problem.location?.file === location.file && problem.location.line === (line ?? location.line);
}
