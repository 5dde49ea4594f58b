import type { Digest } from '../../core/digest.ts';
import { type KubeObject, type Manifest, refOf } from '../../core/kube-object.ts';
import { displayRef, type ObjectRef } from '../../core/object-ref.ts';
import { formatLocation, type Location } from '../../core/problem.ts';
import type { ObjectFailure, ObjectWarning } from '../../core/status.ts';
import { objectFailure, remedies } from './remedies.ts';

/** One object as it would be applied. */
interface Candidate {
  readonly ref: ObjectRef;
  readonly object: KubeObject;
  readonly digest: Digest;
}

/** An object that was declared before, with each place that declares it alike. */
export interface Declared {
  readonly prepared: Candidate;
  readonly places: readonly Location[];
}

/** Why one object can't be applied as it is written, found out before anything is asked of the API server. */
export function checkManifest(
  { ref, digest, object }: Candidate,
  origin: Location,
  earlier: Declared | undefined,
): ObjectFailure | undefined {
  const where = formatLocation(origin);
  if (ref.name === '') {
    return objectFailure(ref, 'invalid', `${ref.kind} at ${where} has no metadata.name`, 'Give it a name');
  }
  const bytes = annotationBytes(object);
  if (bytes > maxAnnotationBytes) {
    const message = `the annotations of ${displayRef(ref)} at ${where} have ${bytes} bytes with Fairlead's own, more than the ${maxAnnotationBytes} that the API server takes`;
    return objectFailure(ref, 'too-large', message);
  }
  if (earlier === undefined || earlier.prepared.digest === digest) return undefined;
  const [first = origin] = earlier.places;
  const message = `${displayRef(ref)} is declared differently at ${formatLocation(first)} and at ${where}; the first is in force`;
  return objectFailure(ref, 'duplicate', message);
}

/** `TotalAnnotationSizeLimitB` of apimachinery: names and values together, in bytes of UTF-8. */
const maxAnnotationBytes = 256 * 1024;

function annotationBytes({ metadata }: KubeObject): number {
  const encoder = new TextEncoder();
  let bytes = 0;
  for (const [name, value] of Object.entries(metadata.annotations ?? {})) {
    bytes += encoder.encode(name).length + encoder.encode(value).length;
  }
  return bytes;
}

/** An object of a kind that doesn't count: it isn't applied, and what is live of it stays (Argo CD's `ExcludedResourceWarning`). */
export function excludedObject({ object, origin }: Manifest): ObjectWarning {
  const ref = refOf(object);
  const message = `${displayRef(ref)} at ${formatLocation(origin)} is of a kind that is excluded, so it isn't applied`;
  return { ref, code: 'excluded', message, remedy: remedies.excluded };
}

/** Objects that are declared more than once, each time alike: nothing is wrong yet (Argo CD's `RepeatedResourceWarning`). */
export function repeatedObjects(declared: Iterable<Declared>): readonly ObjectWarning[] {
  return [...declared].flatMap(({ prepared: { ref }, places }) => {
    if (places.length < 2) return [];
    const where = places.map(formatLocation).join(', ');
    const message = `${displayRef(ref)} is declared ${places.length} times alike, and applied once: ${where}`;
    return [{ ref, code: 'repeated', message, remedy: remedies.repeated }];
  });
}
