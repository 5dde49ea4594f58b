import { AppError } from '../../core/error.ts';
import { kindProblem } from '../../core/guard.ts';
import { Limiter } from '../../core/limiter.ts';
import type { QueryRequest } from '../../core/query.ts';
import { allChildKinds, type ChildKind, knownChildKinds } from '../plan/child-kinds.ts';
import { type ChildRecord, childRecord } from '../plan/child-record.ts';
import { type Descent, descentOf, type RootObject } from '../plan/resource-tree.ts';
import { readProblem } from './explain-refusal.ts';
import type { Inquiry } from './inquiry.ts';

/** Owned objects that are kept of one answer, over all kinds and namespaces: about 8 MB. */
const maxRecords = 20_000;
/** Lists at a time, so that somebody who looks never crowds out the agent's own work. */
const listsAtATime = 4;

export interface GatheredDescent {
  readonly descent: Descent;
  /** What could not be looked at. */
  readonly problems: readonly string[];
}

/** The objects of an application. Throws AppError `not-found` where the agent has no such application. */
export function rootsOf({ applications }: Inquiry, application: string): readonly RootObject[] {
  const roots = applications.objectsOf(application);
  if (roots !== undefined) return roots;
  throw new AppError('not-found', 'the agent has no such application now', {
    subject: application,
    remedy: '`fairlead app get` says whether it is held back, or just on its way',
  });
}

/** Looks through the namespaces of an application for what its objects made, kind by kind. */
export async function gatherDescent(
  inquiry: Inquiry,
  roots: readonly RootObject[],
  kinds: Extract<QueryRequest, { type: 'tree' }>['kinds'],
): Promise<GatheredDescent> {
  const { applications, guard } = inquiry;
  const live = roots.filter(({ uid, ownedBy }) => uid !== undefined && ownedBy === undefined);
  const served = applications.served();
  const wanted =
    kinds === 'all'
      ? allChildKinds(served)
      : knownChildKinds(
          live.map(({ ref }) => ref),
          served,
        );
  const allowed = wanted.filter(({ resource }) => kindProblem(guard, resource) === undefined);
  const namespaces = [...new Set(live.map(({ ref }) => ref.namespace))].filter((name) => name !== '').sort();
  const records: ChildRecord[] = [];
  const problems: string[] = [];
  if (allowed.length < wanted.length) {
    const left = wanted.filter((kind) => !allowed.includes(kind)).map(({ resource }) => resource.plural);
    problems.push(`Not looked at, since the agent was installed to leave them alone: ${left.join(', ')}`);
  }
  const limiter = new Limiter(listsAtATime);
  const places =
    live.length === 0 ? [] : namespaces.flatMap((namespace) => allowed.map((kind) => ({ namespace, kind })));
  await Promise.all(places.map((place) => limiter.run(() => listOne(inquiry, place, records, problems))));
  if (records.length >= maxRecords) {
    problems.push(`Only the first ${maxRecords} owned objects of these namespaces were looked at`);
  }
  return { descent: descentOf(roots, records), problems: [...new Set(problems)].sort() };
}

async function listOne(
  { kube, signal, clock }: Inquiry,
  { namespace, kind: { resource, form } }: { readonly namespace: string; readonly kind: ChildKind },
  records: ChildRecord[],
  problems: string[],
): Promise<void> {
  if (signal.aborted || records.length >= maxRecords) return;
  const result = await kube.scan(resource, { namespace, form }, (object) => {
    const record = childRecord(resource, object, form, clock.now());
    if (record !== undefined) records.push(record);
    return signal.aborted || records.length >= maxRecords ? 'enough' : 'more';
  });
  if (result.type !== 'failed') return;
  const { plural, group } = resource;
  const right = `list on ${plural}${group === '' ? '' : `.${group}`} (the chart's profiles have it for the built-in kinds, extraKinds names more)`;
  problems.push(readProblem(result.failure, `${plural} in namespace ${namespace}`, right));
}
