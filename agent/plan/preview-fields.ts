import { equalJson } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { DiffField } from '../../core/operation.ts';
import { partOfLabel, trackingAnnotation } from '../../core/tracking.ts';
import { compareObjects } from './compare-objects.ts';
import type { Remembered } from './explain-field.ts';
import { formatPath } from './format-path.ts';
import { metadataOnlyAnnotation } from './namespace-metadata.ts';
import { lastAppliedAnnotation } from './normalize-object.ts';

/** One object, three times. */
interface Sides {
  readonly live: KubeObject;
  /** After an apply of what Git says, by whoever owned its fields before. */
  readonly predicted: KubeObject;
  /** After what others declared became ours as well. */
  readonly foreseen: KubeObject;
}

/** Every field that a sync changes, each with why where that isn't because Git says so. */
export function previewFields(
  { live, predicted, foreseen }: Sides,
  remembered: Remembered,
): readonly DiffField[] {
  const { managedFields } = predicted.metadata;
  const owned = managedFields === undefined ? {} : { managedFields };
  const after = { ...foreseen, metadata: { ...foreseen.metadata, ...owned } };
  const before = withMaps(live);
  const byGit = new Map(compareObjects(before, withMaps(predicted)).map((field) => [field.path, field]));
  return compareObjects(before, withMaps(after), remembered).map((field): DiffField => {
    const part = partOf(field, byGit.get(field.path));
    if (part === undefined) return field;
    const { cause: _cause, ...rest } = field;
    return { ...rest, part };
  });
}

function partOf(field: DiffField, byGit: DiffField | undefined): DiffField['part'] {
  if (marks.has(field.path)) return 'mark';
  const isSame = byGit !== undefined && equalJson(byGit.desired, field.desired);
  return isSame ? undefined : 'leftover';
}

const marks: ReadonlySet<string> = new Set(
  [
    ['labels', partOfLabel],
    ...[trackingAnnotation, metadataOnlyAnnotation, lastAppliedAnnotation].map((name) => [
      'annotations',
      name,
    ]),
  ].map((path) => formatPath(['metadata', ...path].map((name) => ({ type: 'field', name })))),
);

/** So that labels and annotations are told one by one, and ours apart from Git's. */
function withMaps(object: KubeObject): KubeObject {
  const { labels = {}, annotations = {}, ...rest } = object.metadata;
  return { ...object, metadata: { ...rest, labels, annotations } };
}
