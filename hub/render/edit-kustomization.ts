import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import type { KustomizeOptions, KustomizePatch } from '../catalog/documents.ts';
import { resolveScalar } from '../catalog/resolve-scalar.ts';

const originAnnotations = 'originAnnotations';

export interface EditedKustomization {
  readonly text: string;
  /** Whether the file itself asks for origin annotations, so that they belong to the result. */
  readonly wantsOrigins: boolean;
  /** Labels and annotations that the file has too, and that nothing allows to overwrite. */
  readonly clashes: readonly Clash[];
}

export interface Clash {
  readonly field: 'commonLabels' | 'commonAnnotations';
  readonly key: string;
}

/**
 * Writes an Application's Kustomize options into the kustomization's copy, as `kustomize edit set` and `edit add` do
 * (Argo CD calls these, util/kustomize/kustomize.go): prefix, suffix and namespace replace the file's own, images and
 * replicas replace those of the same name, labels, annotations, patches and components are added. Also asks kustomize
 * to say where each object comes from.
 */
export function editKustomization(text: string, options: KustomizeOptions): EditedKustomization {
  // With `failsafe`, every scalar is written back as it stands.
  const document = parseDocument(text, { schema: 'failsafe', uniqueKeys: false });
  const root = isMap(document.contents) ? (document.contents as YAMLMap) : emptyMap(document);
  document.contents = root as typeof document.contents;
  const clashes: Clash[] = [];
  for (const field of ['namePrefix', 'nameSuffix', 'namespace'] as const) {
    if (options[field] !== undefined) root.set(field, quoted(options[field]));
  }
  const list = (field: string): YAMLSeq => sequence(document, root, field);
  for (const image of options.images) setImage(list('images'), mapOf(document, parseImage(image)));
  for (const { name, count } of options.replicas ?? []) {
    setNamed(list('replicas'), mapOf(document, { name, count: plain(String(count)) }));
  }
  if (Object.keys(options.commonLabels).length > 0) {
    const place = options.labelWithoutSelector
      ? labelPairs(document, list('labels'), options.labelIncludeTemplates === true)
      : mapping(document, root, 'commonLabels');
    add('commonLabels', place, options.forceCommonLabels);
  }
  if (Object.keys(options.commonAnnotations).length > 0) {
    add('commonAnnotations', mapping(document, root, 'commonAnnotations'), options.forceCommonAnnotations);
  }
  for (const patch of options.patches ?? []) list('patches').add(patchNode(document, patch));
  for (const component of options.components ?? []) {
    const isThere = list('components').items.some((item) => isScalar(item) && item.value === component);
    if (!isThere) list('components').add(quoted(component));
  }
  const metadata = list('buildMetadata');
  const wantsOrigins = metadata.items.some((item) => isScalar(item) && item.value === originAnnotations);
  if (!wantsOrigins) metadata.add(originAnnotations);
  return { text: document.toString({ lineWidth: 0 }), wantsOrigins, clashes };

  function add(field: Clash['field'], place: YAMLMap, force: true | undefined): void {
    for (const [key, value] of Object.entries(options[field])) {
      if (place.has(key) && force !== true) clashes.push({ field, key });
      place.set(key, quoted(value));
    }
  }
}

type Parsed = ReturnType<typeof parseDocument>;

function quoted(value: string): Scalar {
  const scalar = new Scalar(value);
  scalar.type = Scalar.QUOTE_DOUBLE;
  return scalar;
}

function plain(value: string): Scalar {
  const scalar = new Scalar(value);
  scalar.type = Scalar.PLAIN;
  return scalar;
}

function emptyMap(document: Parsed): YAMLMap {
  return document.createNode({}) as unknown as YAMLMap;
}

function mapOf(document: Parsed, members: Readonly<Record<string, string | Scalar | YAMLMap>>): YAMLMap {
  const node = emptyMap(document);
  for (const [key, value] of Object.entries(members)) {
    node.set(key, typeof value === 'string' ? quoted(value) : value);
  }
  return node;
}

/** A field's value; a copy of it in place of an alias, so that what its anchor stands for stays as it is. */
function ownValue(document: Parsed, parent: YAMLMap, field: string): unknown {
  const found: unknown = parent.get(field);
  if (!isAlias(found)) return found;
  const copy = found.resolve(document)?.clone() as Node | undefined;
  if (copy !== undefined && 'anchor' in copy) delete copy.anchor;
  parent.set(field, copy);
  return copy;
}

function sequence(document: Parsed, parent: YAMLMap, field: string): YAMLSeq {
  const found = ownValue(document, parent, field);
  if (isSeq(found)) return found;
  const made = document.createNode([]) as unknown as YAMLSeq;
  parent.set(field, made);
  return made;
}

function mapping(document: Parsed, parent: YAMLMap, field: string): YAMLMap {
  const found = ownValue(document, parent, field);
  if (isMap(found)) return found;
  const made = emptyMap(document);
  parent.set(field, made);
  return made;
}

/** The pairs of the first entry that labels the same places, else of a new one (kustomize, edit add label). */
function labelPairs(document: Parsed, labels: YAMLSeq, includeTemplates: boolean): YAMLMap {
  const found = labels.items.find(
    (item) =>
      isMap(item) && !isSet(item, 'includeSelectors') && isSet(item, 'includeTemplates') === includeTemplates,
  );
  if (isMap(found)) return mapping(document, found as YAMLMap, 'pairs');
  const made = mapOf(document, includeTemplates ? { includeTemplates: plain('true') } : {});
  labels.add(made);
  return mapping(document, made, 'pairs');
}

function isSet(entry: { get(key: string): unknown }, field: string): boolean {
  const text = entry.get(field);
  return typeof text === 'string' && resolveScalar(text) === true;
}

function patchNode(document: Parsed, { path, patch, target, options }: KustomizePatch): YAMLMap {
  return mapOf(document, {
    ...(path === undefined ? {} : { path }),
    ...(patch === undefined ? {} : { patch }),
    ...(target === undefined ? {} : { target: mapOf(document, target) }),
    ...(options === undefined
      ? {}
      : {
          options: mapOf(
            document,
            Object.fromEntries(Object.keys(options).map((name) => [name, plain('true')])),
          ),
        }),
  });
}

/** An asterisk stands for what the file has. */
function setImage(images: YAMLSeq, image: YAMLMap): void {
  const before = images.items.find((item) => isMap(item) && item.get('name') === image.get('name'));
  for (const field of ['newName', 'newTag', 'digest']) {
    if (image.get(field) !== '*') continue;
    const kept = isMap(before) ? before.get(field, true) : undefined;
    if (kept === undefined) image.delete(field);
    else image.set(field, kept);
  }
  setNamed(images, image);
}

function setNamed(list: YAMLSeq, entry: YAMLMap): void {
  const index = list.items.findIndex((item) => isMap(item) && item.get('name') === entry.get('name'));
  if (index < 0) list.add(entry);
  else list.set(index, entry);
}

/** `name:tag`, `name@digest` or `name:tag@digest`, with a new name behind `name=` (kustomize, edit set image). */
export function parseImage(text: string): Readonly<Record<string, string>> {
  const equals = text.indexOf('=');
  const [name, place] = equals < 0 ? [undefined, text] : [text.slice(0, equals), text.slice(equals + 1)];
  const at = place.indexOf('@');
  const tagged = at < 0 ? place : place.slice(0, at);
  const digest = at < 0 ? '' : place.slice(at + 1);
  // A colon before a slash belongs to a registry's port.
  const colon = tagged.indexOf(':', tagged.lastIndexOf('/') + 1);
  const base = colon < 0 ? tagged : tagged.slice(0, colon);
  const tag = colon < 0 ? '' : tagged.slice(colon + 1);
  return {
    name: name ?? base,
    ...(name === undefined ? {} : { newName: base }),
    ...(tag === '' ? {} : { newTag: tag }),
    ...(digest === '' ? {} : { digest }),
  };
}
