import { shortName } from './digest.ts';
import type { KubeObject } from './kube-object.ts';
import { formatRef, type ObjectRef } from './object-ref.ts';

/** The field manager of everything that an agent applies. One for the whole product: ownership between applications is by label and tracking id. */
export const fieldManager = 'fairlead';

/** Who the fields of an object that was released are left to: an entry of an Update, that whoever applies next may take over. */
export const releasedManager = 'fairlead-released';

/** Who removes what stands in the way of an apply; what it wrote becomes ours at once. */
export const repairManager = 'fairlead-repair';

/** On every managed object: which application it belongs to, as `partOf(application)`. Agents watch by it. */
export const partOfLabel = 'fairlead.dev/part-of';

/** On every managed object: `<application>:<object>`. It names the object that carries it, so a copy of it on another object proves nothing. */
export const trackingAnnotation = 'fairlead.dev/tracking-id';

/** The owner of an application's objects, as people wrote it on the Application; only shown. */
export const ownerAnnotation = 'fairlead.dev/owner';

/** What whoever is called at night should know of an application, as people wrote it on the Application; only shown. */
export const noteAnnotation = 'fairlead.dev/note';

/** On an AppProject: what images have to be pinned to, where that is stricter than the environment. */
export const imagePolicyAnnotation = 'fairlead.dev/image-policy';

/** On an AppProject: the mode that its applications have at most. */
export const modeAnnotation = 'fairlead.dev/mode';

/** On an Application document: the name that it has in common with those of other environments. */
export const applicationLabel = 'fairlead.dev/application';

/** The label value of an application, from its key `namespace/name`. Stable for ever, so that a hub rebuilt from Git keeps ownership. */
export function partOf(application: string): string {
  return shortName(application);
}

export function trackingId(application: string, ref: ObjectRef): string {
  return `${application}:${formatRef(ref)}`;
}

/**
 * The application that owns a live object, or `undefined`. An object is ours only when label and tracking id agree
 * and the id names this very object: operators copy labels and annotations to what they create
 * (argo-cd#8683, kustomize-controller#315), and what they created must never be pruned.
 */
export function ownerOf(object: KubeObject, ref: ObjectRef): string | undefined {
  const label = object.metadata.labels?.[partOfLabel];
  const tracking = object.metadata.annotations?.[trackingAnnotation];
  if (label === undefined || tracking === undefined) return undefined;
  const suffix = `:${formatRef(ref)}`;
  if (!tracking.endsWith(suffix)) return undefined;
  const application = tracking.slice(0, -suffix.length);
  return partOf(application) === label ? application : undefined;
}
