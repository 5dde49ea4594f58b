import { patternList } from './check-pattern.ts';
import type { ResourceFilterSpec } from './documents.ts';
import { addProblem, checkFields, type Fields, objectList, stringList } from './fields.ts';

/** `spec.resourceExclusions` or `spec.resourceInclusions` of the fleet: argocd-cm's lists, with their fields. */
export function readResourceFilters(spec: Fields, list: string): readonly ResourceFilterSpec[] {
  return (objectList(spec, list) ?? []).map(readFilter);
}

function readFilter(fields: Fields): ResourceFilterSpec {
  checkFields(fields, { read: ['apiGroups', 'kinds', 'clusters'] });
  const filter = {
    apiGroups: patternList(fields, 'apiGroups') ?? [],
    kinds: kindsOf(fields),
    clusters: patternList(fields, 'clusters') ?? [],
  };
  if (filter.apiGroups.length + filter.kinds.length + filter.clusters.length === 0) {
    addProblem(fields, '', {
      code: 'missing-field',
      message: 'The entry names nothing, which means every kind on every cluster',
      remedy: 'Add apiGroups, kinds or clusters; write apiGroups: ["*"] where every kind is meant',
    });
  }
  return filter;
}

/** Argo CD compares kinds as they are written, so that `Pod*` would match nothing there. */
function kindsOf(fields: Fields): readonly string[] {
  const kinds = stringList(fields, 'kinds') ?? [];
  kinds.forEach((kind, index) => {
    if (kind === '*' || /^[A-Za-z][A-Za-z0-9]*$/.test(kind)) return;
    addProblem(fields, `kinds[${index}]`, {
      code: 'wrong-value',
      message: `${JSON.stringify(kind)} is no kind, and kinds take no patterns but "*"`,
      remedy: 'Write kinds as they are spelt, such as Endpoints, or "*" for every one',
    });
  });
  return kinds;
}
