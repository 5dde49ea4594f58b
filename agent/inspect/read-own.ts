import { AppError } from '../../core/error.ts';
import { isJsonArray, jsonAt, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { displayRef, formatRef, groupOf, type ObjectRef } from '../../core/object-ref.ts';
import { ownerOf } from '../../core/tracking.ts';
import { resolveKind } from '../plan/resource-index.ts';
import type { RootObject } from '../plan/resource-tree.ts';
import { readError } from './explain-refusal.ts';
import { rootsOf } from './gather-descent.ts';
import type { Inquiry } from './inquiry.ts';

/** Longer chains of owners than any controller makes. */
const maxOwners = 8;

/**
 * Reads an object, if it is the application's or was made, over any number of steps, by one that is: each owner reference
 * is followed by uid up to there. Whatever the hub asks, anything else is refused here. Throws AppError `denied` or
 * `not-found`, or what the API server said.
 */
export async function readOwn(inquiry: Inquiry, application: string, ref: ObjectRef): Promise<KubeObject> {
  const roots = new Map(rootsOf(inquiry, application).map((root) => [formatRef(root.ref), root]));
  const object = await readOne(inquiry, ref);
  if (await isOwn(inquiry, application, roots, object, ref)) return object;
  throw new AppError(
    'denied',
    `it is not of application ${application}, nor was it made by an object that is`,
    {
      subject: displayRef(ref),
      remedy: `\`fairlead app tree ${application}\` lists what is`,
    },
  );
}

async function isOwn(
  inquiry: Inquiry,
  application: string,
  roots: ReadonlyMap<string, RootObject>,
  first: KubeObject,
  firstRef: ObjectRef,
): Promise<boolean> {
  const seen = new Set<string>();
  const waiting: { object: KubeObject; ref: ObjectRef }[] = [{ object: first, ref: firstRef }];
  for (let next = waiting.shift(); next !== undefined && seen.size < maxOwners; next = waiting.shift()) {
    const { object, ref } = next;
    const root = roots.get(formatRef(ref));
    if (root !== undefined) {
      const owner = ownerOf(object, ref);
      if (owner === undefined || owner === application) return true;
      continue;
    }
    seen.add(object.metadata.uid ?? '');
    for (const owner of await readOwners(inquiry, object, ref.namespace)) {
      if (!seen.has(owner.object.metadata.uid ?? '')) waiting.push(owner);
    }
  }
  return false;
}

/** The live owners of an object: those whose uid is the one that it names. An owner that can't be read proves nothing. */
async function readOwners(
  inquiry: Inquiry,
  { metadata }: KubeObject,
  namespace: string,
): Promise<readonly { readonly object: KubeObject; readonly ref: ObjectRef }[]> {
  const found: { object: KubeObject; ref: ObjectRef }[] = [];
  for (const reference of (metadata.ownerReferences ?? []).slice(0, maxOwners)) {
    const group = groupOf(stringAt(reference, 'apiVersion') ?? '');
    const [kind = '', name = '', uid] = ['kind', 'name', 'uid'].map((field) => stringAt(reference, field));
    const kindOf = resolveKind(inquiry.applications.served(), group, kind);
    if (kindOf.type !== 'served' || uid === undefined) continue;
    const ref = { group, kind, namespace: kindOf.resource.namespaced ? namespace : '', name };
    const result = await inquiry.kube.get(kindOf.resource, ref);
    if (result.type === 'ok' && result.object.metadata.uid === uid)
      found.push({ object: result.object, ref });
  }
  return found;
}

async function readOne(inquiry: Inquiry, ref: ObjectRef): Promise<KubeObject> {
  const found = resolveKind(inquiry.applications.served(), ref.group, ref.kind);
  if (found.type !== 'served') {
    const name = ref.group === '' ? ref.kind : `${ref.group}/${ref.kind}`;
    const message =
      found.type === 'absent' ? `the cluster serves no kind ${name}` : `the API of ${name} doesn't answer`;
    throw new AppError(found.type === 'absent' ? 'not-found' : 'unavailable', message, {
      subject: displayRef(ref),
    });
  }
  const result = await inquiry.kube.get(found.resource, ref);
  if (result.type === 'ok') return result.object;
  const { plural, group } = found.resource;
  throw readError(result.failure, displayRef(ref), `get on ${plural}${group === '' ? '' : `.${group}`}`);
}

/** Containers of a pod, those that run before the others and those for debugging too. */
export function containersOf(pod: KubeObject): readonly string[] {
  return ['containers', 'initContainers', 'ephemeralContainers'].flatMap((list) => {
    const all = jsonAt(pod, 'spec', list);
    return isJsonArray(all) ? all.flatMap((each) => stringAt(each, 'name') ?? []) : [];
  });
}
