import { displayRef, formatRef, type ObjectRef } from '../../core/object-ref.ts';
import type { DiffChange } from '../../core/operation.ts';
import { readLive } from '../apply/inspect-object.ts';
import { namespaces } from '../apply/own-resources.ts';
import type { Preview } from '../apply/preview-object.ts';
import { classifyError } from '../plan/classify-error.ts';
import { maskFields, maskMessage } from '../plan/mask-secrets.ts';
import { compareRefs } from '../plan/order.ts';
import { type RecreatePolicy, recreatePolicyOf } from '../plan/recreate-policy.ts';
import type { KubeFailure } from '../ports.ts';
import type { ApplicationWork } from './application-work.ts';
import type { EngineServices } from './engine-services.ts';
import { requestPreview } from './object-requests.ts';
import type { ObjectWork } from './object-work.ts';

/** What a sync would do, or why that can't be said now. */
export type ApplicationPreview =
  | { readonly type: 'changes'; readonly changes: readonly DiffChange[] }
  | { readonly type: 'failed'; readonly message: string };

/**
 * All that a sync of an application would change, as it stands: what Git says, and of what is not ours yet what the first
 * sync takes over. Nothing is written.
 */
export async function previewApplication(
  services: EngineServices,
  work: ApplicationWork,
): Promise<ApplicationPreview> {
  const found = await Promise.all([
    ...[...work.objects.values()].map((object) => previewOf(services, work, object)),
    namespacePreview(services, work),
  ]);
  const failure = found.find((difference) => typeof difference === 'string');
  if (typeof failure === 'string') return { type: 'failed', message: failure };
  const changes = found.filter((difference) => typeof difference === 'object');
  changes.sort((left, right) => compareRefs(left.ref, right.ref));
  return { type: 'changes', changes: [...changes, ...hooksOf(work)] };
}

async function previewOf(
  services: EngineServices,
  work: ApplicationWork,
  object: ObjectWork,
): Promise<DiffChange | string | undefined> {
  const { ref, prepared } = object;
  if (prepared === undefined) {
    return object.presence === 'missing' ? undefined : { ref, kind: 'extra', fields: [] };
  }
  const found = await object.ask((subject, known) => requestPreview(services, subject, known));
  switch (found?.type) {
    case 'absent':
    case undefined:
      return { ref, kind: 'missing', fields: [] };
    case 'foreign':
      return { ref, kind: 'unowned', fields: [] };
    case 'previewed':
      return changeOf(services, ref, found);
    case 'failed': {
      const message = maskMessage(prepared.object, found.failure.message);
      const recreate = recreatePolicyOf(
        prepared.object,
        work.desired.replace === true ? 'Background' : 'never',
      );
      return obstacleOf(ref, found.failure, message, recreate);
    }
    default:
      return undefined;
  }
}

function changeOf(
  { seal }: EngineServices,
  ref: ObjectRef,
  { fields, verdict, takesOver }: Extract<Preview, { type: 'previewed' }>,
): DiffChange | undefined {
  if (fields.length === 0) return undefined;
  const masked = maskFields(ref, fields, seal);
  return { ref, kind: 'changed', fields: masked, verdict, ...(takesOver === undefined ? {} : { takesOver }) };
}

/** What asks for another try is no answer; what the API server refuses is one. */
function obstacleOf(
  ref: ObjectRef,
  failure: KubeFailure,
  message: string,
  recreate: RecreatePolicy,
): DiffChange | string {
  const { code, retry } = classifyError(failure);
  if (retry === 'soon' || code === 'unauthenticated') return `${displayRef(ref)}: ${message}`;
  const isMadeAnew = code === 'immutable' && recreate !== 'never';
  const start = isMadeAnew
    ? 'Git allows that it is deleted and made anew for this'
    : 'the API server would refuse it as it is';
  return { ref, kind: 'changed', fields: [], obstacle: `${start}: ${message}` };
}

/** The namespace that a sync makes where nobody declares it. */
async function namespacePreview(
  { kube, knownNamespaces, works }: EngineServices,
  { desired }: ApplicationWork,
): Promise<DiffChange | string | undefined> {
  const { namespace: name, createNamespace } = desired;
  if (!createNamespace || name === '' || knownNamespaces.has(name)) return undefined;
  const ref: ObjectRef = { group: '', kind: 'Namespace', namespace: '', name };
  const key = formatRef(ref);
  if (works().some((other) => other.prepared !== undefined && formatRef(other.ref) === key)) return undefined;
  const read = await readLive(kube, namespaces, ref);
  if (read.type === 'failed') return `${displayRef(ref)}: ${read.failure.message}`;
  return read.type === 'absent' ? { ref, kind: 'missing', fields: [] } : undefined;
}

/** Those that the next sync runs; one that Git began by itself has run them, or is at it. */
function hooksOf({ prepared, isWaitingForSync }: ApplicationWork): readonly DiffChange[] {
  if (!isWaitingForSync) return [];
  return prepared.hooks.map(({ ref, phases }) => ({ ref, kind: 'missing', fields: [], hook: phases }));
}
