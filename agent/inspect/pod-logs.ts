import { AppError } from '../../core/error.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { displayRef, formatRef, type ObjectRef } from '../../core/object-ref.ts';
import type { LogsRequest } from '../../core/query.ts';
import type { ChildRecord } from '../plan/child-record.ts';
import { noLogsProblem } from '../plan/guard.ts';
import { descendants } from '../plan/resource-tree.ts';
import type { KubeFailure } from '../ports.ts';
import { readError, readProblem } from './explain-refusal.ts';
import { gatherDescent, rootsOf } from './gather-descent.ts';
import type { Inquiry } from './inquiry.ts';
import { encodeRecord, type LogSource, tellLog } from './log-source.ts';
import { containersOf, readOwn } from './read-own.ts';

/** Pods of one answer. */
const maxPods = 10;

const logRight = "get on pods/log (the chart's live.logs: true gives it)";
/** Whoever made a pod names the container that people mean (https://kubernetes.io/docs/reference/labels-annotations-taints). */
const defaultContainer = 'kubectl.kubernetes.io/default-container';

/** The logs of one pod, or of the pods that an object of the application, or all of it, has made. */
export async function answerLogs(request: LogsRequest, inquiry: Inquiry): Promise<void> {
  if (inquiry.guard.logs === 'never') {
    throw new AppError('denied', noLogsProblem, { remedy: 'Set it to true there, and upgrade the release' });
  }
  const refs = await podsOf(request, inquiry);
  const { sources, gone } = await sourcesOf(request, inquiry, refs.slice(0, maxPods));
  for (const note of [...notesOf(refs.length), ...gone])
    await inquiry.writer.write(encodeRecord({ type: 'note', message: note }));
  const failures = await tellAll(request, inquiry, sources);
  const [first] = failures;
  if (first !== undefined && failures.length === sources.length) throw logError(first.failure, first.source);
  for (const { source, failure } of failures) {
    const message = readProblem(failure, `the log of ${nameOf(source)}`, logRight);
    await inquiry.writer.write(encodeRecord({ type: 'note', message }));
  }
  inquiry.writer.end();
}

function notesOf(pods: number): readonly string[] {
  return pods > maxPods ? [`${maxPods} of ${pods} pods are shown; name one to see another`] : [];
}

type Failure = { readonly source: LogSource; readonly failure: KubeFailure };

/** Followed logs come together; others one after the other, so that each can be read. */
async function tellAll(
  request: LogsRequest,
  inquiry: Inquiry,
  sources: readonly LogSource[],
): Promise<readonly Failure[]> {
  const failures: Failure[] = [];
  const tell = async (source: LogSource): Promise<void> => {
    const failure = await tellLog(inquiry, source, request);
    if (failure !== undefined) failures.push({ source, failure });
  };
  if (request.mode === 'follow') await Promise.all(sources.map(tell));
  else for (const source of sources) await tell(source);
  return failures;
}

async function podsOf(request: LogsRequest, inquiry: Inquiry): Promise<readonly ObjectRef[]> {
  const { application, object } = request;
  if (object?.group === '' && object.kind === 'Pod') return [object];
  const roots = rootsOf(inquiry, application);
  const { descent, problems } = await gatherDescent(inquiry, roots, 'known');
  const own = roots.filter(({ ownedBy }) => ownedBy === undefined);
  const all = descendants(
    descent,
    own.flatMap(({ uid }) => uid ?? []),
  );
  const wanted =
    object === undefined
      ? undefined
      : [...own, ...all].find(({ ref }) => formatRef(ref) === formatRef(object));
  const below = wanted?.uid === undefined ? all : descendants(descent, [wanted.uid]);
  const isMissing = object !== undefined && wanted?.uid === undefined;
  const bare = object === undefined ? own.filter(({ uid, ref }) => uid !== undefined && isPod(ref)) : [];
  const pods = isMissing ? [] : [...bare.map(({ ref }) => ref), ...newestFirst(below).map(({ ref }) => ref)];
  if (pods.length > 0) return pods;
  const subject = object === undefined ? application : displayRef(object);
  throw new AppError('not-found', ['it has no pods now', ...problems].join('. '), {
    subject,
    remedy: `\`fairlead app tree ${application}\` shows what there is`,
  });
}

function isPod({ group, kind }: ObjectRef): boolean {
  return group === '' && kind === 'Pod';
}

function newestFirst(records: readonly ChildRecord[]): readonly ChildRecord[] {
  return records
    .filter(({ ref }) => isPod(ref))
    .toSorted((left, right) => (left.createdAt < right.createdAt ? 1 : -1));
}

/**
 * Those that are there: a pod that went since it was found, or has no such container, is told and spoils nothing of the
 * others. Throws what is wrong with the first where none is left.
 */
async function sourcesOf(
  request: LogsRequest,
  inquiry: Inquiry,
  refs: readonly ObjectRef[],
): Promise<{ readonly sources: readonly LogSource[]; readonly gone: readonly string[] }> {
  const sources: LogSource[] = [];
  const missing: AppError[] = [];
  const gone: string[] = [];
  for (const ref of refs) {
    try {
      sources.push(await sourceOf(request, inquiry, ref));
    } catch (caught) {
      if (!(caught instanceof AppError) || caught.code !== 'not-found') throw caught;
      missing.push(caught);
      gone.push(`${displayRef(ref)} is left out: ${caught.message}`);
    }
  }
  const [first] = missing;
  if (first !== undefined && sources.length === 0) throw first;
  return { sources, gone };
}

/** Reads the pod itself: it must be the application's, and it says which container is meant. */
async function sourceOf(request: LogsRequest, inquiry: Inquiry, ref: ObjectRef): Promise<LogSource> {
  const pod = await readOwn(inquiry, request.application, ref);
  return { namespace: ref.namespace, pod: ref.name, container: containerOf(request, pod, ref) };
}

function containerOf({ container }: LogsRequest, pod: KubeObject, ref: ObjectRef): string {
  const all = containersOf(pod);
  const meant = container ?? pod.metadata.annotations?.[defaultContainer] ?? all[0];
  if (meant !== undefined && all.includes(meant)) return meant;
  throw new AppError('not-found', `the pod has no container ${meant ?? ''}`, {
    subject: displayRef(ref),
    remedy: `Name one of ${all.join(', ')}`,
  });
}

/** 400 says that a container has not begun, or has no run before this one. */
function logError(failure: KubeFailure, source: LogSource): AppError {
  if (failure.status !== 400) return readError(failure, `the log of ${nameOf(source)}`, logRight);
  return new AppError('not-found', `there is no log: ${failure.message}`, {
    subject: nameOf(source),
    remedy: 'Its events say what it waits for: `fairlead app events`',
  });
}

function nameOf({ namespace, pod, container }: LogSource): string {
  return `container ${container} of Pod ${namespace}/${pod}`;
}
