import Type from 'typebox';
import { moreSevere } from '../../../core/incident.ts';
import type { Incident } from '../../incident/incident.ts';
import type { StoredIncident } from '../../incident/outbox.ts';
import { viewOf } from '../api-view.ts';
import type { Api, ApiContext } from '../context.ts';
import { IncidentSchema } from '../schemas/notification.ts';
import { listOf, type Value, words } from '../schemas/schema.ts';

type Shown = Value<typeof IncidentSchema>;

const FilterQuery = Type.Object(
  {
    state: Type.Optional(words(['open', 'all'], { description: '`open` if absent.' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: '200 if absent.' })),
  },
  { additionalProperties: false },
);

const everything = '1970-01-01T00:00:00.000Z';

export function addIncidentRoute(api: Api, context: ApiContext): void {
  api.get(
    '/incidents',
    {
      schema: {
        operationId: 'listIncidents',
        summary: 'What somebody was told of, newest first; those that are over are kept for 30 days',
        querystring: FilterQuery,
        response: { 200: listOf(IncidentSchema, 'Incidents in that state.') },
      },
    },
    async (request) => {
      const { state, limit = 200 } = request.query;
      const filter = state === 'all' ? { resolvedAfter: everything } : {};
      const stored = await viewOf(context, request).store.readIncidents({ ...filter, limit });
      return { items: stored.flatMap(shownOf) };
    },
  );
}

function shownOf({ incident, deliveries }: StoredIncident): readonly Shown[] {
  const { id, state, condition, since, resolvedAt, clearedAt, routes } = incident;
  if (state === 'pending') return [];
  return [
    {
      id,
      trigger: condition.trigger,
      state,
      flapping: clearedAt !== undefined || incident.openings.length > 2,
      subject: condition.subject,
      severity: severityOf(incident),
      summary: condition.summary,
      nextStep: condition.nextStep,
      openedAt: since,
      ...(resolvedAt === undefined ? {} : { resolvedAt }),
      notifications: routes.map(({ notification, receiver, severity }) => {
        const delivery = deliveries.find(
          (each) => each.notification === notification && each.receiver === receiver,
        );
        return {
          notification,
          receiver,
          severity,
          ...(delivery?.told === undefined ? {} : { told: delivery.told }),
          ...(delivery?.toldAt === undefined ? {} : { toldAt: delivery.toldAt }),
          ...(delivery?.lastError === undefined ? {} : { lastError: delivery.lastError }),
        };
      }),
    },
  ];
}

function severityOf({ routes, condition }: Incident): Shown['severity'] {
  const [first, ...others] = routes.map(({ severity }) => severity);
  return first === undefined ? condition.severity : others.reduce(moreSevere, first);
}
