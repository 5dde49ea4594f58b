import { isGlob } from '../../core/glob.ts';
import { type IgnoreRule, parsePointer } from '../../core/ignore-rule.ts';
import { JqError, parseJq } from '../../core/jq/parse-jq.ts';
import {
  addProblem,
  checkFields,
  type Fields,
  objectList,
  requiredString,
  stringField,
  stringList,
} from './fields.ts';

/** `spec.ignoreDifferences`; each mistake is a problem at its line, since a rule that isn't read would be written over. */
export function parseIgnoreDifferences(spec: Fields): readonly IgnoreRule[] {
  return (objectList(spec, 'ignoreDifferences') ?? []).map(parseRule);
}

function parseRule(fields: Fields): IgnoreRule {
  checkFields(fields, {
    read: [
      'group',
      'kind',
      'name',
      'namespace',
      'jsonPointers',
      'jqPathExpressions',
      'managedFieldsManagers',
    ],
  });
  const [name, namespace] = [stringField(fields, 'name') ?? '', stringField(fields, 'namespace') ?? ''];
  const rule = {
    group: patternOf(fields, 'group', stringField(fields, 'group') ?? ''),
    kind: patternOf(fields, 'kind', requiredString(fields, 'kind', 'Add the kind, or "*" for any')),
    ...(name === '' ? {} : { name }),
    ...(namespace === '' ? {} : { namespace }),
    jsonPointers: pointersOf(fields),
    jqPathExpressions: expressionsOf(fields),
    managedFieldsManagers: stringList(fields, 'managedFieldsManagers') ?? [],
  };
  const fieldsNamed = [...rule.jsonPointers, ...rule.jqPathExpressions, ...rule.managedFieldsManagers];
  const { values } = fields;
  const isSilent =
    values['jsonPointers'] === undefined &&
    values['jqPathExpressions'] === undefined &&
    values['managedFieldsManagers'] === undefined;
  if (fieldsNamed.length === 0 && isSilent) {
    addProblem(fields, '', {
      code: 'missing-field',
      message: 'The entry of ignoreDifferences says of no field that it is ignored',
      remedy: 'Add jsonPointers, jqPathExpressions or managedFieldsManagers',
    });
  }
  return rule;
}

function patternOf(fields: Fields, name: string, pattern: string): string {
  if (isGlob(pattern, 'name')) return pattern;
  addProblem(fields, name, {
    code: 'wrong-pattern',
    message: `${pattern} is no pattern`,
    remedy: 'Write a name, or a pattern such as "*"',
  });
  return pattern;
}

function pointersOf(fields: Fields): readonly string[] {
  const pointers = stringList(fields, 'jsonPointers') ?? [];
  for (const [index, pointer] of pointers.entries()) {
    if (parsePointer(pointer) !== undefined) continue;
    addProblem(fields, `jsonPointers[${index}]`, {
      code: 'wrong-value',
      message: `${JSON.stringify(pointer)} is no JSON pointer to a field`,
      remedy: 'Write it as /spec/replicas; a / within a name is ~1',
    });
  }
  return pointers;
}

function expressionsOf(fields: Fields): readonly string[] {
  const expressions = stringList(fields, 'jqPathExpressions') ?? [];
  for (const [index, text] of expressions.entries()) {
    const why = whyUnread(text);
    if (why === undefined) continue;
    addProblem(fields, `jqPathExpressions[${index}]`, {
      code: 'unsupported-field',
      message: `The jq path ${JSON.stringify(text)} isn't supported: ${why}`,
      remedy: 'Name the fields by a simpler path, or by jsonPointers',
    });
  }
  return expressions;
}

function whyUnread(text: string): string | undefined {
  try {
    parseJq(text);
    return undefined;
  } catch (caught) {
    if (caught instanceof JqError) return caught.message;
    throw caught;
  }
}
