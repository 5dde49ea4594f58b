import { isMap, isScalar, isSeq, parseDocument, type Scalar, type YAMLMap, type YAMLSeq } from 'yaml';
import type { KustomizeOptions } from '../catalog/documents.ts';

const originAnnotations = 'originAnnotations';

export interface EditedKustomization {
  readonly text: string;
  /** Whether the file itself asks for origin annotations, so that they belong to the result. */
  readonly wantsOrigins: boolean;
}

/**
 * Writes an Application's Kustomize options into the kustomization's copy, as `kustomize edit set` and `edit add` do
 * (Argo CD calls these): prefix, suffix and namespace replace the file's own, images replace those of the same name,
 * labels and annotations are added. Also asks kustomize to say where each object comes from.
 */
export function editKustomization(text: string, options: KustomizeOptions): EditedKustomization {
  // With `failsafe`, every scalar is written back as it stands.
  const document = parseDocument(text, { schema: 'failsafe', uniqueKeys: false });
  const root = (isMap(document.contents) ? document.contents : document.createNode({})) as YAMLMap;
  document.contents = root as typeof document.contents;
  for (const field of ['namePrefix', 'nameSuffix', 'namespace'] as const) {
    if (options[field] !== undefined) root.set(field, quoted(options[field]));
  }
  for (const image of options.images) setImage(sequence(root, 'images'), parseImage(image));
  for (const field of ['commonLabels', 'commonAnnotations'] as const) {
    for (const [key, value] of Object.entries(options[field])) mapping(root, field).set(key, quoted(value));
  }
  const metadata = sequence(root, 'buildMetadata');
  const wantsOrigins = metadata.items.some((item) => isScalar(item) && item.value === originAnnotations);
  if (!wantsOrigins) metadata.add(originAnnotations);
  return { text: document.toString({ lineWidth: 0 }), wantsOrigins };

  function quoted(value: string): Scalar {
    const scalar = document.createNode(value) as Scalar;
    scalar.type = 'QUOTE_DOUBLE';
    return scalar;
  }

  function sequence(parent: YAMLMap, field: string): YAMLSeq {
    const found = parent.get(field);
    if (isSeq(found)) return found;
    const made = document.createNode([]) as YAMLSeq;
    parent.set(field, made);
    return made;
  }

  function mapping(parent: YAMLMap, field: string): YAMLMap {
    const found = parent.get(field);
    if (isMap(found)) return found;
    const made = document.createNode({}) as YAMLMap;
    parent.set(field, made);
    return made;
  }

  function setImage(images: YAMLSeq, image: Readonly<Record<string, string>>): void {
    const node = document.createNode({}) as YAMLMap;
    for (const [key, value] of Object.entries(image)) node.set(key, quoted(value));
    const index = images.items.findIndex((item) => isMap(item) && item.get('name') === image['name']);
    if (index < 0) images.add(node);
    else images.set(index, node);
  }
}

/** `name=newName:tag`, `name:tag`, `name@digest`, `name=newName@digest` or `name=newName` (kustomize, edit set image). */
export function parseImage(text: string): Readonly<Record<string, string>> {
  const equals = text.indexOf('=');
  const [name, place] = equals < 0 ? [undefined, text] : [text.slice(0, equals), text.slice(equals + 1)];
  const at = place.indexOf('@');
  // A colon before a slash belongs to a registry's port.
  const colon = place.indexOf(':', place.lastIndexOf('/') + 1);
  const split = at >= 0 ? at : colon;
  const base = split < 0 ? place : place.slice(0, split);
  const version = split < 0 ? undefined : place.slice(split + 1);
  return {
    name: name ?? base,
    ...(name === undefined || base === '*' ? {} : { newName: base }),
    ...(version === undefined || version === '*' ? {} : { [at >= 0 ? 'digest' : 'newTag']: version }),
  };
}
