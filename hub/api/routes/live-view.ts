import Type from 'typebox';
import { AppError } from '../../../core/error.ts';
import type { LiveObject, ObjectEvents, ResourceTree } from '../../../core/live-view.ts';
import { type ObjectRef, parseRef } from '../../../core/object-ref.ts';
import { readDocument } from '../ask-agent.ts';
import type { Api, ApiContext } from '../context.ts';
import { LiveObjectSchema, ObjectEventsSchema, ResourceTreeSchema } from '../schemas/live-view.ts';
import { ref, words } from '../schemas/schema.ts';
import { KeyParams } from './applications.ts';

const objectDescription =
  '`group/Kind:namespace/name`, such as `apps/Deployment:payments/web` or `/Pod:payments/web-1`.';

export const ObjectParam = Type.String({ maxLength: 1000, description: objectDescription });

const TreeQuery = Type.Object(
  {
    kinds: Type.Optional(
      words(['known', 'all'], {
        description: '`all`: look through every kind, and show old revisions too. It costs the cluster more.',
      }),
    ),
  },
  { additionalProperties: false },
);

const LiveQuery = Type.Object(
  {
    object: ObjectParam,
    form: Type.Optional(words(['short', 'full'], { description: '`full`: with managed fields.' })),
  },
  { additionalProperties: false },
);

const EventsQuery = Type.Object({ object: Type.Optional(ObjectParam) }, { additionalProperties: false });

/** What is live, asked of the agent: nothing of it is stored. */
export function addLiveViewRoutes(api: Api, context: ApiContext): void {
  api.get(
    '/applications/:key/tree',
    {
      schema: {
        operationId: 'getResourceTree',
        summary: 'What the application is on its cluster now, by owner references down to the pods',
        params: KeyParams,
        querystring: TreeQuery,
        response: { 200: ref(ResourceTreeSchema) },
      },
    },
    (request) =>
      readDocument<ResourceTree>(context, request, (application) => ({
        type: 'tree',
        application,
        kinds: request.query.kinds ?? 'known',
      })),
  );
  api.get(
    '/applications/:key/live',
    {
      schema: {
        operationId: 'getLiveObject',
        summary: 'One object of the application, or one that it made, as it is now',
        params: KeyParams,
        querystring: LiveQuery,
        response: { 200: ref(LiveObjectSchema) },
      },
    },
    (request) => {
      const object = refOf(request.query.object);
      return readDocument<LiveObject>(context, request, (application) => ({
        type: 'live',
        application,
        object,
        form: request.query.form ?? 'short',
      }));
    },
  );
  api.get(
    '/applications/:key/events',
    {
      schema: {
        operationId: 'getObjectEvents',
        summary: 'Events of the cluster about the application and what it made, or about one object',
        params: KeyParams,
        querystring: EventsQuery,
        response: { 200: ref(ObjectEventsSchema) },
      },
    },
    (request) => {
      const { object } = request.query;
      const of = object === undefined ? {} : { object: refOf(object) };
      return readDocument<ObjectEvents>(context, request, (application) => ({
        type: 'events',
        application,
        ...of,
      }));
    },
  );
}

/** Throws AppError `invalid` for what is no reference. */
export function refOf(text: string): ObjectRef {
  const found = parseRef(text);
  if (found !== undefined) return found;
  throw new AppError('invalid', 'this names no object', {
    subject: text,
    remedy: `Write it as ${objectDescription}`,
  });
}
