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

const lists: ReadonlySet<string> = new Set(['containers', 'initContainers', 'ephemeralContainers']);

/**
 * Every container of every object, of any kind: wherever a list of containers stands, a pod is made of it. Containers
 * without an image are none (a patch, or a kind that fills it in).
 */
export function imagesOf(manifests: readonly Manifest[]): readonly ContainerImage[] {
  const images: ContainerImage[] = [];
  for (const { object } of manifests) {
    const ref = refOf(object);
    for (const { list, container, image } of containersIn(object, '')) {
      images.push({ ref, list, container, image });
    }
  }
  return images;
}

/** One spelling for the place of a container, unique among the images of an application. */
export function containerKey({ ref, list, container }: Omit<ContainerImage, 'image'>): string {
  return [ref.group, ref.kind, ref.namespace, ref.name, list, container].join('\n');
}

function* containersIn(value: Json, path: string): Generator<Omit<ContainerImage, 'ref'>> {
  if (isJsonArray(value)) {
    for (const [index, item] of value.entries()) yield* containersIn(item, `${path}[${index}]`);
  } else if (isJsonObject(value)) {
    for (const [name, member] of Object.entries(value)) {
      const at = path === '' ? name : `${path}.${name}`;
      if (lists.has(name) && isJsonArray(member)) yield* itemsOf(member, at);
      else if (member !== undefined) yield* containersIn(member, at);
    }
  }
}

function* itemsOf(items: readonly Json[], list: string): Generator<Omit<ContainerImage, 'ref'>> {
  for (const [index, item] of items.entries()) {
    const image = stringAt(item, 'image');
    if (image !== undefined) yield { list, container: stringAt(item, 'name') ?? `[${index}]`, image };
  }
}
