import {
  addProblem,
  checkFields,
  choiceField,
  type Fields,
  objectField,
  objectList,
  requiredString,
  stringList,
  stringMap,
} from './fields.ts';

const operators = ['In', 'NotIn', 'Exists', 'DoesNotExist'] as const;

/** Kubernetes' label selector: all of it has to hold, so that an empty one selects everything. */
export interface LabelSelector {
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions: readonly Expression[];
}

interface Expression {
  readonly key: string;
  readonly operator: (typeof operators)[number];
  readonly values: readonly string[];
}

/** Reads a selector; an absent one is empty, as in Argo CD's settings. */
export function readLabelSelector(parent: Fields, name: string): LabelSelector {
  const fields = objectField(parent, name);
  if (fields === undefined) return { matchLabels: {}, matchExpressions: [] };
  checkFields(fields, { read: ['matchLabels', 'matchExpressions'] });
  return {
    matchLabels: stringMap(fields, 'matchLabels'),
    matchExpressions: (objectList(fields, 'matchExpressions') ?? []).map(readExpression),
  };
}

function readExpression(fields: Fields): Expression {
  checkFields(fields, { read: ['key', 'operator', 'values'] });
  const key = requiredString(fields, 'key', 'Name the label');
  if (fields.values['operator'] === undefined)
    requiredString(fields, 'operator', `Write one of ${operators.join(', ')}`);
  const operator = choiceField(fields, 'operator', operators) ?? 'Exists';
  const values = stringList(fields, 'values') ?? [];
  const wantsValues = operator === 'In' || operator === 'NotIn';
  if (wantsValues !== values.length > 0) {
    addProblem(fields, 'values', {
      code: 'wrong-value',
      message: wantsValues ? `${operator} needs values to compare with` : `${operator} has no values`,
      remedy: wantsValues ? 'List at least one of them in values' : 'Remove values, or use In or NotIn',
    });
  }
  return { key, operator, values };
}

/** Whether labels are selected. As in Kubernetes, `NotIn` also holds where the label isn't there. */
export function selectsLabels(selector: LabelSelector, labels: Readonly<Record<string, string>>): boolean {
  const known = new Map(Object.entries(labels));
  return (
    Object.entries(selector.matchLabels).every(([key, value]) => known.get(key) === value) &&
    selector.matchExpressions.every((expression) => holds(expression, known.get(expression.key)))
  );
}

function holds({ operator, values }: Expression, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
  }
}
