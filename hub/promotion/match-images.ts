import { formatImage, isImage, isSameRepository, parseImage } from '../resolve/image-reference.ts';
import { type ContainerImage, containerKey } from '../resolve/images-of.ts';

/** One container of the target that is to run something else. */
export interface ImageChange extends Omit<ContainerImage, 'image'> {
  readonly before: string;
  readonly after: string;
}

/** One environment's application, as far as names depend on it. */
export interface Side {
  readonly images: readonly ContainerImage[];
  /** Parts of names that stand for the environment: `staging`, the cluster's name. */
  readonly words: readonly string[];
}

export interface ImageMatch {
  readonly changes: readonly ImageChange[];
  /** Containers of the source that the target has none for. */
  readonly unmatched: readonly ContainerImage[];
  /** How many containers of the target have one in the source. */
  readonly matched: number;
}

/** Ways to recognise a container, the surest first. */
type KeyOf = (image: ContainerImage, words: readonly string[]) => string;

const keys: readonly KeyOf[] = [
  ({ ref, list, container }) => [ref.kind, ref.name, list, container].join('\n'),
  ({ ref, list, container }, words) => [ref.kind, withoutWords(ref.name, words), list, container].join('\n'),
  ({ ref, list, container, image }, words) =>
    [ref.kind, list, withoutWords(container, words), repositoryOf(image, words)].join('\n'),
  ({ ref, list, image }, words) => [ref.kind, list, repositoryOf(image, words)].join('\n'),
];

/**
 * What has to change so that the target runs what the source runs. Containers are matched by kind, name and container;
 * then by names without the environment's words, then by repository, where that is one on either side. What is equal
 * already stays; a registry of the environment's own stays, and only tag and digest move.
 */
export function matchImages(source: Side, target: Side): ImageMatch {
  const open = { source: new Set(source.images), target: new Set(target.images) };
  const changes: ImageChange[] = [];
  let matched = 0;
  const match = (from: ContainerImage, to: ContainerImage) => {
    open.source.delete(from);
    open.target.delete(to);
    matched += 1;
    const change = changeOf(from, to, source.words, target.words);
    if (change !== undefined) changes.push(change);
  };
  for (const keyOf of keys) {
    const sources = groupBy(open.source, (image) => keyOf(image, source.words));
    const targets = groupBy(open.target, (image) => keyOf(image, target.words));
    for (const [key, found] of targets) {
      const [to, ...others] = found;
      const [from, ...more] = sources.get(key) ?? [];
      if (to !== undefined && from !== undefined && others.length + more.length === 0) match(from, to);
    }
  }
  const order = new Map(target.images.map((image, index) => [containerKey(image), index]));
  changes.sort((left, right) => (order.get(containerKey(left)) ?? 0) - (order.get(containerKey(right)) ?? 0));
  return { changes, unmatched: [...open.source], matched };
}

function changeOf(
  from: ContainerImage,
  to: ContainerImage,
  left: readonly string[],
  right: readonly string[],
): ImageChange | undefined {
  const wanted = parseImage(from.image);
  const found = parseImage(to.image);
  const keepsName = isSameRepository(wanted.name, found.name, { left, right });
  const after = { ...wanted, name: keepsName ? found.name : wanted.name };
  if (isImage(found, after)) return undefined;
  const { image: before, ...place } = to;
  return { ...place, before, after: formatImage(after) };
}

/** A name without its dash-separated parts that are an environment's words. */
function withoutWords(name: string, words: readonly string[]): string {
  let kept = `-${name}-`;
  for (const word of words) if (word !== '') kept = kept.replaceAll(`-${word}-`, '-');
  return kept.replaceAll(/^-|-$/gu, '');
}

function repositoryOf(image: string, words: readonly string[]): string {
  const { name } = parseImage(image);
  const segments = name.split('/').filter((segment) => !words.includes(segment));
  return segments.at(-1) ?? name;
}

function groupBy<T>(items: Iterable<T>, keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    groups.set(key, [...(groups.get(key) ?? []), item]);
  }
  return groups;
}
