import { isJsonArray, isJsonObject, type Json, stringAt } from '../../core/json.ts';
import { type Manifest, refOf } from '../../core/kube-object.ts';
import type { ObjectRef } from '../../core/object-ref.ts';

/** One container of one desired object, and what it runs. */
export interface ContainerImage {
  readonly ref: ObjectRef;
  /** Where its list stands in the object: `spec.template.spec.initContainers`. */
  readonly list: string;
  /** The container's name. */
  readonly container: string;
  readonly image: string;
}

/** Lists that images stand in, and where in an item of the list. */
type ImagePlaces = ReadonlyMap<string, readonly string[]>;

const containers: ImagePlaces = new Map(
  ['containers', 'initContainers', 'ephemeralContainers'].map((list) => [list, ['image']]),
);
const volumes: ImagePlaces = new Map([['volumes', ['image', 'reference']]]);

/**
 * Every container of every object, of any kind: wherever a list of containers stands, a pod is made of it. Containers
 * without an image are none (a patch, or a kind that fills it in).
 */
export function imagesOf(manifests: readonly Manifest[]): readonly ContainerImage[] {
  return manifests.flatMap((manifest) => imagesAt(manifest, containers));
}

/** Images that pods mount as volumes, of any kind as well; `container` is the volume's name. */
export function imageVolumesOf(manifest: Manifest): readonly ContainerImage[] {
  return imagesAt(manifest, volumes);
}

function imagesAt({ object }: Manifest, places: ImagePlaces): readonly ContainerImage[] {
  const ref = refOf(object);
  return [...imagesIn(object, '', places)].map((image) => ({ ref, ...image }));
}

/** One spelling for the place of a container, unique among the images of an application. */
export function containerKey({ ref, list, container }: Omit<ContainerImage, 'image'>): string {
  return [ref.group, ref.kind, ref.namespace, ref.name, list, container].join('\n');
}

function* imagesIn(value: Json, path: string, places: ImagePlaces): Generator<Omit<ContainerImage, 'ref'>> {
  if (isJsonArray(value)) {
    for (const [index, item] of value.entries()) yield* imagesIn(item, `${path}[${index}]`, places);
  } else if (isJsonObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      const at = path === '' ? name : `${path}.${name}`;
      const place = places.get(name);
      if (place !== undefined && isJsonArray(member)) yield* itemsOf(member, at, place);
      else if (member !== undefined) yield* imagesIn(member, at, places);
    }
  }
}

function* itemsOf(
  items: readonly Json[],
  list: string,
  place: readonly string[],
): Generator<Omit<ContainerImage, 'ref'>> {
  for (const [index, item] of items.entries()) {
    const image = stringAt(item, ...place);
    if (image !== undefined) yield { list, container: stringAt(item, 'name') ?? `[${index}]`, image };
  }
}
