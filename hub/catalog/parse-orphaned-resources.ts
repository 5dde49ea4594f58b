import type { OrphanIgnore } from '../../core/orphans.ts';
import { checkPattern } from './check-pattern.ts';
import type { OrphanedResources } from './documents.ts';
import { booleanField, checkFields, type Fields, objectField, objectList, stringField } from './fields.ts';

/** `spec.orphanedResources`. As Argo CD: being there asks, `warn` is true where it is absent, patterns are globs. */
export function readOrphanedResources(spec: Fields): OrphanedResources | undefined {
  const fields = objectField(spec, 'orphanedResources');
  if (fields === undefined) return undefined;
  checkFields(fields, { read: ['warn', 'ignore'] });
  return {
    warn: booleanField(fields, 'warn') ?? true,
    ignore: (objectList(fields, 'ignore') ?? []).map(readIgnore),
  };
}

function readIgnore(fields: Fields): OrphanIgnore {
  checkFields(fields, { read: ['group', 'kind', 'name'] });
  const [group, kind, name] = [
    patternOf(fields, 'group'),
    patternOf(fields, 'kind'),
    patternOf(fields, 'name'),
  ];
  return { group, ...(kind === '' ? {} : { kind }), ...(name === '' ? {} : { name }) };
}

function patternOf(fields: Fields, field: string): string {
  const pattern = stringField(fields, field) ?? '';
  checkPattern(fields, field, pattern);
  return pattern;
}
