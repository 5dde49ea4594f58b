import { equalJson, isJsonArray, isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import { type Manifest, refOf } from '../../core/kube-object.ts';
import { displayRef, formatRef, type ObjectRef } from '../../core/object-ref.ts';
import { isImage, parseImage } from '../resolve/image-reference.ts';
import { containerKey, imagesOf } from '../resolve/images-of.ts';
import type { ImageChange } from './match-images.ts';

/** Something that differs between two renders of one application, apart from what was meant. */
export interface Difference {
  readonly ref: ObjectRef;
  /** '' for the whole object. */
  readonly path: string;
  readonly text: string;
}

export interface Comparison {
  /** Changes that the new render doesn't show, and what it shows instead. */
  readonly wrong: readonly { readonly change: ImageChange; readonly found: string | undefined }[];
  /** Other differences than the images and what follows from them. */
  readonly others: readonly Difference[];
}

/**
 * Whether a new render runs exactly the images that are wanted, and is otherwise the old one. Texts that hold the old
 * version may hold the new one now (a version label, a Job's name), and checksums may differ.
 */
export function compareRenders(
  before: readonly Manifest[],
  after: readonly Manifest[],
  changes: readonly ImageChange[],
): Comparison {
  const images = new Map(imagesOf(after).map((image) => [containerKey(image), image.image]));
  const follow = followerOf(changes);
  const wrong = changes.flatMap((change) => {
    const { ref } = change;
    const moved = { ...change, ref: { ...ref, name: follow(ref.name) } };
    const found = images.get(containerKey(change)) ?? images.get(containerKey(moved));
    return found !== undefined && isImage(parseImage(found), parseImage(change.after))
      ? []
      : [{ change, found }];
  });
  const meant = new Set(changes.map(({ ref, list, container }) => `${formatRef(ref)} ${list} ${container}`));
  return { wrong, others: [...differences(before, after, follow, meant)] };
}

/** Differences of two renders that should be equal; what differs between two renders of one source is chance. */
export function unstableIn(first: readonly Manifest[], second: readonly Manifest[]): readonly Difference[] {
  return [...differences(first, second, (text) => text, new Set())];
}

export function sameDifference(left: Difference, right: Difference): boolean {
  return formatRef(left.ref) === formatRef(right.ref) && left.path === right.path;
}

type Follow = (text: string) => string;

/** What a text becomes where it names the old version. */
function followerOf(changes: readonly ImageChange[]): Follow {
  const pairs = new Map<string, string>();
  for (const change of changes) {
    const [before, after] = [parseImage(change.before), parseImage(change.after)];
    pairs.set(change.before, change.after);
    if (before.digest !== undefined && after.digest !== undefined) pairs.set(before.digest, after.digest);
    const [old, young] = [before.tag, after.tag];
    if (old === undefined || young === undefined || old.length < 2) continue;
    pairs.set(old, young);
    pairs.set(old.replaceAll('.', '-'), young.replaceAll('.', '-'));
  }
  const sorted = [...pairs].sort(([left], [right]) => right.length - left.length);
  return (text) => {
    for (const [old, young] of sorted) if (text.includes(old)) return text.replaceAll(old, young);
    return text;
  };
}

function* differences(
  before: readonly Manifest[],
  after: readonly Manifest[],
  follow: Follow,
  meant: ReadonlySet<string>,
): Generator<Difference> {
  const open = new Map(after.map((manifest) => [formatRef(refOf(manifest.object)), manifest]));
  for (const { object } of before) {
    const ref = refOf(object);
    const keys = [formatRef(ref), formatRef({ ...ref, name: follow(ref.name) })];
    const key = keys.find((each) => open.has(each));
    const found = key === undefined ? undefined : open.get(key);
    if (key === undefined || found === undefined) {
      yield { ref, path: '', text: `${displayRef(ref)} would be gone` };
      continue;
    }
    open.delete(key);
    yield* valueDifferences(object, found.object, '', { ref, follow, meant });
  }
  for (const { object } of open.values()) {
    const ref = refOf(object);
    yield { ref, path: '', text: `${displayRef(ref)} would be new` };
  }
}

interface Walk {
  readonly ref: ObjectRef;
  readonly follow: Follow;
  readonly meant: ReadonlySet<string>;
}

function* valueDifferences(
  left: Json | undefined,
  right: Json | undefined,
  path: string,
  walk: Walk,
): Generator<Difference> {
  if (isJsonObject(left) && isJsonObject(right)) yield* memberDifferences(left, right, path, walk);
  else if (isJsonArray(left) && isJsonArray(right) && left.length === right.length) {
    for (const [index, item] of left.entries())
      yield* valueDifferences(item, right[index], `${path}[${index}]`, walk);
  } else if (!equalJson(left, right) && (typeof left !== 'string' || walk.follow(left) !== right)) {
    yield { ref: walk.ref, path, text: `${displayRef(walk.ref)}: ${path} would change` };
  }
}

function* memberDifferences(
  left: JsonObject,
  right: JsonObject,
  path: string,
  walk: Walk,
): Generator<Difference> {
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    const isChecksum = /(?:^|\.)annotations$/u.test(path) && /checksum|hash/iu.test(key);
    if (isChecksum || (key === 'image' && isMeant(left['name'], path, walk))) continue;
    yield* valueDifferences(left[key], right[key], path === '' ? key : `${path}.${key}`, walk);
  }
}

function isMeant(container: Json | undefined, path: string, { ref, meant }: Walk): boolean {
  const [, list, index] = /^(.*)(\[\d+\])$/u.exec(path) ?? [];
  const name = typeof container === 'string' ? container : index;
  return meant.has(`${formatRef(ref)} ${list} ${name}`);
}
