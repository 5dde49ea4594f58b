import { isMap, isScalar, isSeq, type Node, type YAMLMap } from 'yaml';
import { formatImage, type ImageReference, parseImage } from '../resolve/image-reference.ts';
import type { Candidate, ImageStep, TargetSource, TextFile } from './candidate.ts';
import { findDocument } from './find-document.ts';
import { insertItem, insertList, insertPair, type NewPair, removePair } from './insert-pairs.ts';
import { placesOf, replaceText } from './scalar-text.ts';
import { nodeAt, pairAt, readYamlFile, type TextEdit, textAt, textOf, type YamlFile } from './yaml-file.ts';

const kustomizationName = /(?:^|\/)(?:kustomization\.ya?ml|Kustomization)$/u;

export function isKustomization(file: string): boolean {
  return kustomizationName.test(file);
}

/** Entries of `images` that decide an image now: of the Application itself, which win, then of kustomizations. */
export function entryCandidates(source: TargetSource, step: ImageStep): readonly Candidate[] {
  const kustomizations = source.files.filter(({ file }) => isKustomization(file));
  return [...optionCandidates(source, step), ...kustomizations.flatMap((each) => entriesOf(each, step))];
}

/** A new entry in the application's own kustomization: for what only a shared base names. */
export function newEntryCandidates(source: TargetSource, { before, after }: ImageStep): readonly Candidate[] {
  const own = source.files.find(({ file }) => isKustomization(file) && parentOf(file) === source.path);
  const file = own === undefined ? undefined : readYamlFile(own.text);
  const root = file?.roots[0];
  if (own === undefined || file === undefined || !isMap(root)) return [];
  const images = nodeAt(root, ['images']);
  const pairs = fieldsOf(before, after).filter(({ value }) => value !== undefined) as readonly NewPair[];
  const entry: readonly NewPair[] = [{ key: 'name', value: before.name }, ...pairs];
  const edit =
    images === undefined && pairAt(root, 'images') === undefined
      ? insertList(file, root, 'images', entry)
      : isSeq(images)
        ? insertItem(file, images, entry)
        : undefined;
  return edit === undefined
    ? []
    : [
        {
          repository: 'source',
          file: own.file,
          edits: [edit],
          field: `images, a new entry for ${before.name}`,
        },
      ];
}

function entriesOf({ file: path, text }: TextFile, step: ImageStep): readonly Candidate[] {
  const file = readYamlFile(text);
  const images = nodeAt(file?.roots[0], ['images']);
  if (file === undefined || !isSeq(images)) return [];
  const found: Candidate[] = [];
  for (const [index, item] of images.items.entries()) {
    if (!isMap(item)) continue;
    const name = textAt(file, item, ['name']);
    if ((textAt(file, item, ['newName']) ?? name) !== step.before.name && name !== step.before.name) continue;
    const edits = editEntry(file, item, step);
    if (edits === undefined) continue;
    const fields = fieldsOf(step.before, step.after).map(({ key }) => key);
    found.push({ repository: 'source', file: path, edits, field: `images[${index}].${fields.join(', ')}` });
  }
  return found;
}

/** What an entry says about a version, as it has to be; `undefined` for a field that must not be there. */
function fieldsOf(
  before: ImageReference,
  after: ImageReference,
): readonly { readonly key: string; readonly value: string | undefined }[] {
  return [
    ...(after.name === before.name ? [] : [{ key: 'newName', value: after.name }]),
    ...(after.tag === before.tag ? [] : [{ key: 'newTag', value: after.tag }]),
    ...(after.digest === before.digest ? [] : [{ key: 'digest', value: after.digest }]),
  ];
}

function editEntry(
  file: YamlFile,
  entry: YAMLMap,
  { before, after }: ImageStep,
): readonly TextEdit[] | undefined {
  const newName = after.name === before.name ? textAt(file, entry, ['newName']) : after.name;
  const wanted: readonly (readonly [key: string, value: string | undefined])[] = [
    ['newName', newName],
    ['newTag', after.tag],
    ['digest', after.digest],
  ];
  const edits: TextEdit[] = [];
  let behind = 'name';
  for (const [key, value] of wanted) {
    const isThere = pairAt(entry, key) !== undefined;
    if (value !== (isThere ? textAt(file, entry, [key]) : undefined)) {
      const edit = editField(file, entry, { key, value, behind });
      if (edit === undefined) return undefined;
      edits.push(edit);
    }
    if (isThere && value !== undefined) behind = key;
  }
  return edits.length === 0 ? undefined : edits;
}

function editField(
  file: YamlFile,
  entry: YAMLMap,
  {
    key,
    value,
    behind,
  }: { readonly key: string; readonly value: string | undefined; readonly behind: string },
): TextEdit | undefined {
  if (value === undefined) return removePair(file, entry, key);
  if (pairAt(entry, key) === undefined) return insertPair(file, entry, { key, value }, behind);
  return replaceAt(file, nodeAt(entry, [key]), value);
}

function replaceAt(file: YamlFile, node: Node | undefined, value: string): TextEdit | undefined {
  const place = placesOf(file, node).at(-1);
  return place === undefined ? undefined : replaceText(file, place, value);
}

/** `spec.source.kustomize.images` of the Application: `name=newName:tag` or `name@digest`. */
function optionCandidates({ document }: TargetSource, step: ImageStep): readonly Candidate[] {
  const found = findDocument(document);
  const images = nodeAt(found?.root, ['spec', 'source', 'kustomize', 'images']);
  if (found === undefined || !isSeq(images)) return [];
  return images.items.flatMap((item, index): readonly Candidate[] => {
    const text = textOf(found.file, item);
    if (text === undefined || !isScalar(item)) return [];
    const equals = text.indexOf('=');
    const place = parseImage(text.slice(equals + 1));
    if (place.name !== step.before.name && text.slice(0, Math.max(0, equals)) !== step.before.name) return [];
    const edit = replaceText(found.file, item, text.slice(0, equals + 1) + optionOf(step.after));
    const field = `spec.source.kustomize.images[${index}]`;
    return edit === undefined ? [] : [{ repository: 'fleet', file: document.file, edits: [edit], field }];
  });
}

/** Adds an option to the Application: for an overlay that environments share. */
export function newOptionCandidates(
  { document }: TargetSource,
  { before, after }: ImageStep,
): readonly Candidate[] {
  const found = findDocument(document);
  const source = nodeAt(found?.root, ['spec', 'source']);
  if (found === undefined || !isMap(source)) return [];
  const option = `${after.name === before.name ? '' : `${before.name}=`}${optionOf(after)}`;
  const kustomize = nodeAt(source, ['kustomize']);
  const images = nodeAt(kustomize, ['images']);
  const edit = isSeq(images)
    ? insertItem(found.file, images, option)
    : isMap(kustomize) && images === undefined
      ? insertList(found.file, kustomize, 'images', option)
      : undefined;
  const field = `spec.source.kustomize.images, a new item for ${before.name}`;
  return edit === undefined ? [] : [{ repository: 'fleet', file: document.file, edits: [edit], field }];
}

/** Kustomize takes a tag or a digest here; the digest decides. */
function optionOf(image: ImageReference): string {
  return formatImage(image.digest === undefined ? image : { name: image.name, digest: image.digest });
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}
