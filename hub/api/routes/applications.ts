import Type from 'typebox';
import { AppError } from '../../../core/error.ts';
import type { OperationRequest } from '../../../core/operation.ts';
import type { ApplicationStatus } from '../../../core/status.ts';
import type { Viewer } from '../../../core/time-text.ts';
import { applicationObject } from '../../access/objects.ts';
import { type Link, type Summary, summarise } from '../../drift/summarise.ts';
import type { ApplicationRecord } from '../../ports.ts';
import { type ApiView, viewOf } from '../api-view.ts';
import { requester } from '../caller.ts';
import type { Api, ApiContext } from '../context.ts';
import { findApplication } from '../find-application.ts';
import { readLinks, viewerOf } from '../fleet-view.ts';
import { demand } from '../gate.ts';
import { withOrphanWarning } from '../read-orphans.ts';
import {
  type ApplicationItemSchema,
  ApplicationListSchema,
  ApplicationSchema,
} from '../schemas/application.ts';
import { viewerQuery } from '../schemas/common.ts';
import { OperationSchema, operationWords } from '../schemas/operation.ts';
import { ref, type Value, words } from '../schemas/schema.ts';
import { ApplicationQuery, selectItems } from '../select-applications.ts';
import { sourcesOf } from '../sources-of.ts';

type Item = Value<typeof ApplicationItemSchema>;
type Detail = Value<typeof ApplicationSchema>;

export const KeyParams = Type.Object({
  key: Type.String({
    description:
      '`namespace/name` with `/` as `%2F`, or `name` or `cluster%2Fname` where that is one application.',
  }),
});

const OperationBody = Type.Object(
  {
    type: words(operationWords),
    id: Type.Optional(
      Type.String({
        pattern: '^[a-z0-9]{1,64}$',
        description:
          'Of a `confirm-prune`, and needed there: the `id` of the gate whose objects are to be deleted.',
      }),
    ),
  },
  { additionalProperties: false },
);

const ViewQuery = Type.Object(viewerQuery, { additionalProperties: false });

export function addApplicationRoutes(api: Api, context: ApiContext): void {
  api.get(
    '/applications',
    {
      schema: {
        operationId: 'listApplications',
        summary: 'Applications, in the order of their names or the worst first',
        querystring: ApplicationQuery,
        response: { 200: ref(ApplicationListSchema) },
      },
    },
    async (request) => {
      const view = viewOf(context, request);
      const items = await listItems(view, viewerOf(context, request.query));
      return selectItems(items, request.query);
    },
  );
  api.get(
    '/applications/:key',
    {
      schema: {
        operationId: 'getApplication',
        summary: 'Everything that is known of one application',
        params: KeyParams,
        querystring: ViewQuery,
        response: { 200: ref(ApplicationSchema) },
      },
    },
    async (request) => {
      const { store } = viewOf(context, request);
      const record = await findApplication(store, request.params.key);
      const statuses = await context.store.readStatuses([record.application]);
      const links = await readLinks(context);
      const viewer = viewerOf(context, request.query);
      const status = statuses.get(record.application);
      const warnings = await withOrphanWarning(context, record, status?.warnings);
      const detail = detailOf(record, status, links(record.cluster), viewer);
      return warnings.length === 0 ? detail : { ...detail, warnings };
    },
  );
  addOperationRoutes(api, context);
}

function addOperationRoutes(api: Api, context: ApiContext): void {
  api.post(
    '/applications/:key/operations',
    {
      schema: {
        operationId: 'createOperation',
        summary: 'Asks the agent to sync an application, to compare it, or to delete what waits for it',
        params: KeyParams,
        body: OperationBody,
        response: { 202: ref(OperationSchema) },
      },
    },
    async (request, reply) => {
      const { store } = viewOf(context, request);
      const record = await findApplication(store, request.params.key);
      const asked = parseRequest(request.body);
      demand(context, request, [applicationObject(record.application, record.project)], asked.type);
      if (record.cluster === '' || record.digest === undefined) throw nothingSent(record);
      const { application, cluster } = record;
      const requestedBy = requester(request);
      const operation = await context.control.submit({
        application,
        cluster,
        request: asked,
        requestedBy,
      });
      return reply.code(202).send(operation);
    },
  );
}

/** Throws AppError `invalid` where a confirmation doesn't say what it confirms. */
function parseRequest({ type, id }: Value<typeof OperationBody>): OperationRequest {
  if (type !== 'confirm-prune') return { type };
  if (id !== undefined) return { type, id };
  throw new AppError('invalid', 'a confirmation names the gate that it is about', {
    subject: 'id',
    remedy: 'Give the `id` of the gate, as the application shows it',
  });
}

/** An agent can only act on what it was sent. */
function nothingSent(record: ApplicationRecord): AppError {
  const [gate] = record.gates;
  const why = gate?.reason ?? record.problems[0]?.message ?? 'it has not been rendered yet';
  return new AppError('conflict', `nothing of it is sent to a cluster: ${why}`, {
    subject: record.application,
    remedy: gate?.remedy ?? record.problems[0]?.remedy ?? 'Try again in a moment',
  });
}

/** All applications with their summaries, in the order of their names. */
export async function listItems(context: ApiView, viewer: Viewer): Promise<readonly Item[]> {
  const [records, statuses, links] = await Promise.all([
    context.store.listApplications(),
    context.store.readStatuses(),
    readLinks(context),
  ]);
  return records
    .map((record) => {
      const status = statuses.get(record.application);
      return itemOf(record, status, summarise(record, status, links(record.cluster), viewer));
    })
    .sort((left, right) => (left.application < right.application ? -1 : 1));
}

function itemOf(record: ApplicationRecord, status: ApplicationStatus | undefined, summary: Summary): Item {
  const {
    digest: _digest,
    objectsDigest: _objects,
    renderKey: _key,
    inputs: _inputs,
    refusal: _refusal,
    note: _note,
    info: _info,
    sources: _sources,
    sourceCommits: _commits,
    gates: _gates,
    problems: _problems,
    removal: _removal,
    ...shown
  } = record;
  const { deletesOnRemoval: _deletes, ...fields } = shown;
  const applied = status?.appliedAt === undefined ? {} : { appliedAt: status.appliedAt };
  return { ...fields, ...summary, ...applied, openDrifts: status?.drifts.length ?? 0 };
}

/** Whether what Git asks for now is complete: what an agent says of another state says nothing of it. */
function releaseOf(
  { digest }: ApplicationRecord,
  status: ApplicationStatus | undefined,
): Pick<Detail, 'completedAt' | 'unfinished'> {
  if (status === undefined || status.digest !== digest) return {};
  const { completedDigest, completedAt, unfinished } = status;
  const isComplete = completedDigest === digest && completedAt !== undefined;
  return { ...(isComplete ? { completedAt } : {}), ...(unfinished === undefined ? {} : { unfinished }) };
}

function detailOf(
  record: ApplicationRecord,
  status: ApplicationStatus | undefined,
  link: Link,
  viewer: Viewer,
): Detail {
  const { digest, removal, deletesOnRemoval, note, info, problems } = record;
  return {
    ...itemOf(record, status, summarise(record, status, link, viewer)),
    sources: sourcesOf(record),
    ...(digest === undefined ? {} : { digest }),
    ...(status?.appliedDigest === undefined ? {} : { appliedDigest: status.appliedDigest }),
    ...releaseOf(record, status),
    ...(removal === undefined ? {} : { removal }),
    ...(note === undefined ? {} : { note }),
    ...(info === undefined ? {} : { info: [...info] }),
    deletesOnRemoval,
    problems,
    gates: [...record.gates, ...(status?.gates ?? [])],
    drifts: status?.drifts ?? [],
    objects: status?.objects ?? [],
    failures: status?.failures ?? [],
    ...(status?.attempt === undefined ? {} : { attempt: status.attempt }),
  };
}
