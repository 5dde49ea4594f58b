import { isMap, isScalar, type Node, type YAMLMap } from 'yaml';
import type { Candidate, TextFile } from './candidate.ts';
import type { ImageChange } from './match-images.ts';
import { readNestedYaml } from './nested-yaml.ts';
import { placesOf, replaceText } from './scalar-text.ts';
import { mapsIn, nodeAt, readYamlFile, type TextEdit, textAt, textOf, type YamlFile } from './yaml-file.ts';

/** How surely a field is the container's own. */
interface Found {
  readonly edit: TextEdit;
  readonly score: number;
}

/**
 * Image fields of manifests and patches: `image:` in a container of that name, first of the object itself; the value of
 * a JSON patch; the same in a block of text, such as an inline patch.
 */
export function fieldCandidates(files: readonly TextFile[], change: ImageChange): readonly Candidate[] {
  const found = files.flatMap(({ file, text }) => {
    const yaml = readYamlFile(text);
    if (yaml === undefined || !text.includes(change.before)) return [];
    return [...fieldsIn(yaml, change)].map(({ edit, score }) => ({ file, edit, score }));
  });
  // A stable sort: among equals, the nearest file stays first.
  return found
    .toSorted((left, right) => right.score - left.score)
    .map(({ file, edit }) => ({
      repository: 'source',
      file,
      edits: [edit],
      field: `image of container ${change.container}`,
    }));
}

function* fieldsIn(file: YamlFile, change: ImageChange): Generator<Found> {
  for (const root of file.roots) {
    for (const { map, above } of mapsIn(root)) {
      yield* imageOf(file, map, above, change);
      yield* patchValueOf(file, map, change);
      for (const { value } of map.items) {
        const nested = isScalar(value) ? readNestedYaml(file, value) : undefined;
        if (nested === undefined) continue;
        for (const { edit, score } of fieldsIn(nested.file, change))
          yield { edit: nested.outer(edit), score };
      }
    }
  }
}

function* imageOf(
  file: YamlFile,
  map: YAMLMap,
  above: readonly YAMLMap[],
  change: ImageChange,
): Generator<Found> {
  const node = nodeAt(map, ['image']);
  if (textOf(file, node) !== change.before) return;
  const name = textAt(file, map, ['name']);
  if (name !== undefined && name !== change.container) return;
  const object = above.findLast(
    (each) => nodeAt(each, ['kind']) !== undefined && isMap(nodeAt(each, ['metadata'])),
  );
  yield* edits(file, node, change.after, scoreOf(file, object, change) + (name === undefined ? 0 : 1));
}

/** `{op: replace, path: /spec/…/image, value: …}`. */
function* patchValueOf(file: YamlFile, map: YAMLMap, change: ImageChange): Generator<Found> {
  const node = nodeAt(map, ['value']);
  if (textOf(file, node) !== change.before || textAt(file, map, ['path'])?.endsWith('/image') !== true)
    return;
  yield* edits(file, node, change.after, 2);
}

function* edits(file: YamlFile, node: Node | undefined, value: string, score: number): Generator<Found> {
  for (const place of placesOf(file, node)) {
    const edit = replaceText(file, place, value);
    if (edit !== undefined) yield { edit, score };
  }
}

function scoreOf(file: YamlFile, object: YAMLMap | undefined, { ref }: ImageChange): number {
  if (object === undefined || textAt(file, object, ['kind']) !== ref.kind) return 0;
  const name = textAt(file, object, ['metadata', 'name']) ?? '';
  if (name !== ref.name) return ref.name.includes(name) ? 2 : 0;
  const namespace = textAt(file, object, ['metadata', 'namespace']);
  return namespace === undefined || namespace === ref.namespace ? 5 : 3;
}
