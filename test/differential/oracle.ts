import { withinValue } from '../../agent/plan/field-sets.ts';
import { equalJson, isJsonObject, type Json } from '../../core/json.ts';
import { type KubeObject, refOf } from '../../core/kube-object.ts';
import { fieldManager, ownerOf } from '../../core/tracking.ts';
import { type KubeClient, KubeError } from '../clusters/kube-client.ts';
import { nameOf } from '../support/kubectl.ts';

/** What is true of one object, by asking the API server what an apply would do; nothing of the engine is used. */
export type Truth =
  | { readonly type: 'missing' }
  /** Another application's marks are on it. */
  | { readonly type: 'unowned' }
  /** What Git says can't be applied to what is there. */
  | { readonly type: 'refused'; readonly message: string }
  | { readonly type: 'same'; readonly live: KubeObject; readonly predicted: KubeObject }
  | { readonly type: 'changed'; readonly live: KubeObject; readonly predicted: KubeObject };

/** `live` as it was read just before. */
export async function askTruth(
  client: KubeClient,
  application: string,
  git: KubeObject,
  live: KubeObject | undefined,
): Promise<Truth> {
  if (live === undefined) return { type: 'missing' };
  const owner = ownerOf(live, refOf(git));
  if (owner !== undefined && owner !== application) return { type: 'unowned' };
  const query = `fieldManager=${fieldManager}&force=true&dryRun=All&fieldValidation=Strict`;
  const path = `${await client.path(nameOf(git))}?${query}`;
  try {
    const answer = await client.request('PATCH', path, git, 'application/apply-patch+yaml');
    const predicted = answer as KubeObject;
    const isSame = equalJson(comparable(live), comparable(predicted));
    return { type: isSame ? 'same' : 'changed', live, predicted };
  } catch (error) {
    if (!(error instanceof KubeError)) throw error;
    return { type: 'refused', message: error.message };
  }
}

const bookkeeping: ReadonlySet<string> = new Set([
  'managedFields',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'uid',
]);

/** With it the API server counts the templates of a DaemonSet. */
const counted = 'deprecated.daemonset.template.generation';

/** Everything that a drift is about: not status, nor what the API server keeps for itself. */
export function comparable({ status: _status, metadata, ...rest }: KubeObject): Json {
  const kept = Object.entries(metadata).filter(([name]) => !bookkeeping.has(name));
  const annotations = Object.entries(metadata.annotations ?? {}).filter(([name]) => name !== counted);
  return { ...rest, metadata: { ...Object.fromEntries(kept), annotations: Object.fromEntries(annotations) } };
}

/** Whether everything that an apply would make ours is, where there is anything at all: what is empty has no owner to speak of. */
export function isOwnedAs(live: KubeObject, predicted: KubeObject): boolean {
  const [owned, wanted] = [ownEntryOf(live), ownEntryOf(predicted)];
  if (!isJsonObject(owned) || !isJsonObject(wanted)) return false;
  return equalJson(withinValue(owned, live), withinValue(wanted, live));
}

/** What our own entry of managed fields says. */
function ownEntryOf(object: KubeObject): Json | undefined {
  return object.metadata.managedFields?.find(
    (entry) =>
      entry['manager'] === fieldManager &&
      entry['operation'] === 'Apply' &&
      entry['subresource'] === undefined,
  )?.['fieldsV1'];
}
