import Type from 'typebox';
import { AppError } from '../../../core/error.ts';
import type { Viewer } from '../../../core/time-text.ts';
import { driftSentence } from '../../drift/describe-drift.ts';
import { type CourseEvent, driftCourse } from '../../drift/drift-course.ts';
import type { ApplicationRecord, DriftFilter, StoredDrift, StorePort } from '../../ports.ts';
import { viewOf } from '../api-view.ts';
import type { Api, ApiContext } from '../context.ts';
import { findApplication } from '../find-application.ts';
import { viewerOf } from '../fleet-view.ts';
import { viewerQuery } from '../schemas/common.ts';
import { DriftEntrySchema } from '../schemas/drift.ts';
import { listOf, ref, type Value, words } from '../schemas/schema.ts';

type Entry = Value<typeof DriftEntrySchema>;

const FilterQuery = Type.Object(
  {
    state: Type.Optional(words(['open', 'closed'])),
    application: Type.Optional(Type.String({ description: 'Its key, or its name where only one has it.' })),
    cluster: Type.Optional(Type.String()),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: '200 if absent.' })),
    ...viewerQuery,
  },
  { additionalProperties: false },
);

export function addDriftRoutes(api: Api, context: ApiContext): void {
  api.get(
    '/drifts',
    {
      schema: {
        operationId: 'listDrifts',
        summary: 'Drifts, newest first',
        querystring: FilterQuery,
        response: { 200: listOf(DriftEntrySchema, 'Drifts that match all filters.') },
      },
    },
    async (request) => {
      const viewer = viewerOf(context, request.query);
      const { store } = viewOf(context, request);
      const drifts = await store.listDrifts(await filterOf(store, request.query));
      const records = new Map((await store.listApplications()).map((record) => [record.application, record]));
      return { items: drifts.map((entry) => entryOf(entry, records.get(entry.drift.application), viewer)) };
    },
  );
  api.get(
    '/drifts/:id',
    {
      schema: {
        operationId: 'getDrift',
        summary: 'A drift with its course',
        params: Type.Object({
          id: Type.String({ description: 'Its id, or an unambiguous beginning of at least 6 characters.' }),
        }),
        querystring: Type.Object(viewerQuery, { additionalProperties: false }),
        response: { 200: ref(DriftEntrySchema) },
      },
    },
    async (request) => {
      const viewer = viewerOf(context, request.query);
      const view = viewOf(context, request);
      const entry = await view.store.readDrift(request.params.id);
      if (entry !== undefined) {
        const record = await context.store.readApplication(entry.drift.application);
        return { ...entryOf(entry, record, viewer), events: await courseOf(context, entry, viewer) };
      }
      throw new AppError('not-found', 'there is no such drift, or several ids begin so', {
        subject: request.params.id,
        remedy: 'See `fairlead drift list`; an id may be shortened to 6 characters',
      });
    },
  );
}

async function filterOf(store: StorePort, query: Type.Static<typeof FilterQuery>): Promise<DriftFilter> {
  const { timeZone: _zone, application, ...filter } = query;
  if (application === undefined) return filter;
  // A drift outlives its application: a name that is not known now is taken as it is.
  const key = application.includes('/')
    ? application
    : (await findApplication(store, application)).application;
  return { ...filter, application: key };
}

async function courseOf(
  context: ApiContext,
  { events = [], droppedEvents = 0 }: StoredDrift,
  viewer: Viewer,
): Promise<readonly CourseEvent[]> {
  const requesters = new Map<string, string>();
  for (const { operation } of events) {
    const found = operation === undefined ? undefined : await context.store.readOperation(operation);
    if (found !== undefined) requesters.set(found.id, found.requestedBy);
  }
  return driftCourse({ events, dropped: droppedEvents, requesters, viewer });
}

function entryOf(entry: StoredDrift, record: ApplicationRecord | undefined, viewer: Viewer): Entry {
  const place = {
    cluster: entry.cluster,
    namespace: record?.namespace ?? entry.drift.ref.namespace,
    ...(record === undefined ? {} : { mode: record.mode }),
  };
  const { events: _events, droppedEvents: _dropped, ...stored } = entry;
  return { ...stored, sentence: driftSentence(entry, place, viewer) };
}
