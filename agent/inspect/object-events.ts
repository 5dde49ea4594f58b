import { AppError } from '../../core/error.ts';
import type { ObjectEvents } from '../../core/live-view.ts';
import { displayRef, formatRef, type ObjectRef } from '../../core/object-ref.ts';
import type { QueryRequest } from '../../core/query.ts';
import { aboutUid, NewestEvents, objectEvent } from '../plan/object-event.ts';
import { resolveKind } from '../plan/resource-index.ts';
import { type Descent, descendants } from '../plan/resource-tree.ts';
import { readProblem } from './explain-refusal.ts';
import { gatherDescent, rootsOf } from './gather-descent.ts';
import type { Inquiry } from './inquiry.ts';

const maxEvents = 500;

/** What an event may be about: its uid, or its place where it has not been there yet. */
interface Subjects {
  readonly uids: ReadonlySet<string>;
  readonly absent: ReadonlySet<string>;
  readonly namespaces: readonly string[];
}

/** What the cluster's components said of the application's objects and of what they made, or of one of these and what it made. */
export async function answerEvents(
  { application, object }: Extract<QueryRequest, { type: 'events' }>,
  inquiry: Inquiry,
): Promise<void> {
  const roots = rootsOf(inquiry, application);
  const gathered = await gatherDescent(inquiry, roots, 'known');
  const problems = [...gathered.problems];
  const subjects = subjectsOf(gathered.descent, application, object);
  const newest = new NewestEvents(maxEvents);
  for (const namespace of subjects.namespaces) {
    const problem = await lookThrough(inquiry, namespace, subjects, newest);
    if (problem !== undefined) problems.push(problem);
  }
  const { events, more } = newest.result();
  const at = inquiry.clock.now().toISOString();
  await inquiry.writer.finish({ application, events, more, problems, at } satisfies ObjectEvents);
}

function subjectsOf(descent: Descent, application: string, object: ObjectRef | undefined): Subjects {
  const roots = descent.roots.filter(({ ownedBy }) => ownedBy === undefined);
  const all = descendants(
    descent,
    roots.flatMap(({ uid }) => uid ?? []),
  );
  if (object === undefined) {
    return {
      uids: new Set([...roots.flatMap(({ uid }) => uid ?? []), ...all.map(({ uid }) => uid)]),
      absent: new Set(roots.flatMap(({ uid, ref }) => (uid === undefined ? [formatRef(ref)] : []))),
      namespaces: namespacesOf([...roots, ...all].map(({ ref }) => ref)),
    };
  }
  const found = [...roots, ...all].find(({ ref }) => formatRef(ref) === formatRef(object));
  if (found === undefined) {
    throw new AppError(
      'denied',
      `it is not of application ${application}, nor was it made by an object that is`,
      {
        subject: displayRef(object),
        remedy: `\`fairlead app tree ${application}\` lists what is`,
      },
    );
  }
  const below = found.uid === undefined ? [] : descendants(descent, [found.uid]);
  return {
    uids: new Set([found.uid ?? '', ...below.map(({ uid }) => uid)]),
    absent: new Set(found.uid === undefined ? [formatRef(object)] : []),
    namespaces: namespacesOf([object, ...below.map(({ ref }) => ref)]),
  };
}

/** Events of what stands in no namespace stand in `default`. */
function namespacesOf(refs: readonly ObjectRef[]): readonly string[] {
  return [...new Set(refs.map(({ namespace }) => namespace || 'default'))].sort();
}

async function lookThrough(
  { kube, applications, signal }: Inquiry,
  namespace: string,
  { uids, absent }: Subjects,
  newest: NewestEvents,
): Promise<string | undefined> {
  const kind = resolveKind(applications.served(), '', 'Event');
  if (kind.type !== 'served') return 'the cluster serves no events';
  const result = await kube.scan(kind.resource, { namespace, form: 'whole' }, (event) => {
    const uid = aboutUid(event);
    const shown = objectEvent(event);
    if (uid === undefined ? absent.has(formatRef(shown.ref)) : uids.has(uid)) newest.add(shown);
    return signal.aborted ? 'enough' : 'more';
  });
  if (result.type !== 'failed') return undefined;
  return readProblem(
    result.failure,
    `events in namespace ${namespace}`,
    "list on events (the chart's profiles have it)",
  );
}
