import type { FastifyRequest } from 'fastify';
import Type from 'typebox';
import { cleanText } from '../../../core/clean-text.ts';
import { AppError } from '../../../core/error.ts';
import type { ActiveHold } from '../../../core/hold.ts';
import { type EndedHold, isRunning } from '../../../core/hold.ts';
import { displayRef } from '../../../core/object-ref.ts';
import { applicationObject } from '../../access/objects.ts';
import type { StoredClusterStatus } from '../../ports.ts';
import { type ApiView, viewOf } from '../api-view.ts';
import { requester } from '../caller.ts';
import type { Api, ApiContext } from '../context.ts';
import { findHoldTarget, type HoldTarget } from '../find-hold-target.ts';
import { clusterNames, demand } from '../gate.ts';
import { HoldSchema, NewHoldSchema } from '../schemas/hold.ts';
import { listOf, ref, type Value, words } from '../schemas/schema.ts';

type Entry = Value<typeof HoldSchema>;

const ListQuery = Type.Object(
  { state: Type.Optional(words(['running', 'all'], { description: 'Running ones if absent.' })) },
  { additionalProperties: false },
);

export function addHoldRoutes(api: Api, context: ApiContext): void {
  api.get(
    '/holds',
    {
      schema: {
        operationId: 'listHolds',
        summary: 'What is left alone now, by the hub or by kubectl, newest first',
        querystring: ListQuery,
        response: { 200: listOf(HoldSchema, 'Ended ones are kept for 30 days.') },
      },
    },
    async (request) => {
      const items = await listEntries(viewOf(context, request));
      return {
        items: request.query.state === 'all' ? items : items.filter(({ state }) => state !== 'ended'),
      };
    },
  );
  api.post(
    '/holds',
    {
      schema: {
        operationId: 'createHold',
        summary: 'Has an application, or all of a cluster, left alone for a time',
        body: NewHoldSchema,
        response: { 201: ref(HoldSchema) },
      },
    },
    async (request, reply) => {
      const { target, kind, forSeconds, reason, by } = request.body;
      const view = viewOf(context, request);
      const found = await findHoldTarget(view, target, kind);
      await demandHold(view, request, found);
      const until = new Date(context.clock.now().getTime() + forSeconds * 1000).toISOString();
      const heldBy = [by, requester(request)].filter((part) => part !== undefined).join(', ');
      const words = { reason: cleanText(reason.trim()), heldBy: cleanText(heldBy) };
      const hold = await context.store.createHold({ ...found, ...words, until });
      context.control.publishHolds(hold.cluster);
      return reply.code(201).send(await entryOf(context, hold));
    },
  );
  api.post(
    '/holds/:id/end',
    {
      schema: {
        operationId: 'endHold',
        summary: 'Ends a hold before its time',
        params: Type.Object({ id: Type.String() }),
        response: { 200: ref(HoldSchema) },
      },
    },
    async (request) => {
      const view = viewOf(context, request);
      const { id } = request.params;
      const known = (await view.store.listHolds()).find((each) => each.id === id);
      if (known === undefined) throw unknownHold(id);
      await demandHold(view, request, known);
      const hold = await context.store.endHold(id, requester(request));
      if (hold === undefined) throw unknownHold(id);
      context.control.publishHolds(hold.cluster);
      return entryOf(context, hold);
    },
  );
}

/** Throws AppError `denied`. */
async function demandHold(
  view: ApiView,
  request: FastifyRequest,
  { cluster, application }: HoldTarget,
): Promise<void> {
  if (application === undefined) return demand(view, request, clusterNames(view, cluster), 'cluster');
  const project = (await view.store.readApplication(application))?.project ?? '';
  demand(view, request, [applicationObject(application, project)], 'application');
}

function unknownHold(id: string): AppError {
  return new AppError('not-found', 'there is no such hold', {
    subject: id,
    remedy: 'See `fairlead hold list --all`; one that was set with kubectl ends by removing its annotation',
  });
}

async function listEntries(context: ApiView): Promise<readonly Entry[]> {
  const [holds, statuses] = await Promise.all([context.store.listHolds(), context.store.listClusterStatus()]);
  const active = activeIds(statuses);
  const nowMs = context.clock.now().getTime();
  const ordered = holds.map((hold) => toEntry(hold, active, nowMs));
  const seen = statuses.filter(({ cluster }) => context.gate.seesCluster(cluster));
  const local = seen.flatMap(({ cluster, status }) => localEntries(cluster, status?.holds ?? [], nowMs));
  return [...ordered, ...local].sort((left, right) => (left.since < right.since ? 1 : -1));
}

async function entryOf(context: ApiContext, hold: EndedHold): Promise<Entry> {
  const active = activeIds(await context.store.listClusterStatus());
  return toEntry(hold, active, context.clock.now().getTime());
}

/** Holds that agents said they keep to. */
function activeIds(statuses: readonly StoredClusterStatus[]): ReadonlySet<string> {
  const holds = statuses.flatMap(({ status }) => status?.holds ?? []);
  return new Set(holds.flatMap((hold) => (hold.type === 'hub' ? [hold.id] : [])));
}

function toEntry(hold: EndedHold, active: ReadonlySet<string>, nowMs: number): Entry {
  return { ...hold, source: 'hub', state: stateOf(hold, active.has(hold.id), nowMs) };
}

function stateOf(hold: EndedHold, isActive: boolean, nowMs: number): Entry['state'] {
  if (!isRunning(hold, nowMs)) return 'ended';
  if (hold.endedAt !== undefined) return isActive ? 'ending' : 'ended';
  return isActive ? 'in-force' : 'waiting';
}

function localEntries(cluster: string, holds: readonly ActiveHold[], nowMs: number): readonly Entry[] {
  return holds.flatMap((hold): Entry[] => {
    if (hold.type !== 'kubectl' || !isRunning(hold, nowMs)) return [];
    const { ref: object, since, until } = hold;
    const reason = `fairlead.dev/hold-until on ${displayRef(object)}`;
    return [
      { source: 'kubectl', cluster, ref: object, reason, heldBy: 'kubectl', since, until, state: 'in-force' },
    ];
  });
}
