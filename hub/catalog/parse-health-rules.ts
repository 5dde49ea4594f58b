import { Environment } from '@marcbachmann/cel-js';
import {
  costlyFunctions,
  expressionCost,
  expressionLimits,
  type HealthRule,
  mostNestedLoops,
} from '../../core/health-rule.ts';
import {
  addProblem,
  booleanField,
  checkFields,
  type Fields,
  objectList,
  requiredString,
  stringField,
} from './fields.ts';

/** Expressions as agents evaluate them: one variable, the live object. */
const environment = new Environment({ enableOptionalTypes: true, limits: expressionLimits }).registerVariable(
  'object',
  'map<string, dyn>',
);

/** Longest expression, in characters: more is a program, not a rule. */
const longestExpression = 4_000;

/** `spec.healthRules` of the fleet: every expression is parsed and type-checked here, before an agent sees it. */
export function readHealthRules(spec: Fields): readonly HealthRule[] {
  const rules = (objectList(spec, 'healthRules') ?? []).map(readRule);
  rules.forEach(({ group, kind }, index) => {
    if (rules.findIndex((other) => other.group === group && other.kind === kind) === index) return;
    addProblem(spec, `healthRules[${index}]`, {
      code: 'duplicate',
      message: `There are two health rules for ${kind}${group === '' ? '' : ` of ${group}`}`,
      remedy: 'Join them into one',
    });
  });
  return rules;
}

function readRule(fields: Fields): HealthRule {
  checkFields(fields, {
    read: ['group', 'kind', 'suspended', 'degraded', 'progressing', 'healthy', 'message', 'gating'],
  });
  const kind = requiredString(fields, 'kind', 'Name the kind, such as kind: Certificate');
  const optional = (['suspended', 'degraded', 'progressing'] as const).flatMap((name) => {
    const text = stringField(fields, name);
    if (text === undefined) return [];
    checkExpression(fields, name, text, 'bool');
    return [[name, text] as const];
  });
  const healthy = requiredString(
    fields,
    'healthy',
    "Say when it is healthy: healthy: object.status.phase == 'Ready'",
  );
  if (healthy !== '') checkExpression(fields, 'healthy', healthy, 'bool');
  const message = stringField(fields, 'message');
  if (message !== undefined) checkExpression(fields, 'message', message, 'string');
  return {
    group: stringField(fields, 'group') ?? '',
    kind,
    ...Object.fromEntries(optional),
    healthy,
    ...(message === undefined ? {} : { message }),
    ...(booleanField(fields, 'gating') === false ? { gating: false } : {}),
  };
}

function checkExpression(fields: Fields, name: string, text: string, type: 'bool' | 'string'): void {
  const problem = expressionProblem(text, type);
  if (problem === undefined) return;
  addProblem(fields, name, { code: 'invalid-expression', ...problem });
}

/** What is wrong with an expression; `undefined` where an agent can evaluate it to that type. */
function expressionProblem(
  text: string,
  type: 'bool' | 'string',
): { readonly message: string; readonly remedy: string } | undefined {
  if (text.length > longestExpression) {
    return {
      message: `the expression has ${text.length} characters`,
      remedy: `Use at most ${longestExpression}`,
    };
  }
  const checked = environment.check(text);
  if (checked.error !== undefined) {
    const { summary, range } = checked.error;
    const where = range === undefined ? '' : ` at character ${range.start + 1}`;
    return {
      message: `the expression isn't valid CEL: ${summary}${where}`,
      remedy: "The live object is called object, for example object.status.phase == 'Ready'",
    };
  }
  if (checked.type !== type && checked.type !== 'dyn') {
    const what = type === 'bool' ? 'true or false' : 'a text';
    return { message: `the expression gives ${checked.type}, not ${what}`, remedy: exampleOf(type) };
  }
  return costProblem(text);
}

function exampleOf(type: 'bool' | 'string'): string {
  return type === 'bool'
    ? "Compare with something, for example object.status.phase == 'Ready'"
    : 'Put string(…) around it';
}

function costProblem(text: string): { readonly message: string; readonly remedy: string } | undefined {
  const { loops, costly } = expressionCost(environment.parse(text).ast);
  if (costly !== undefined) {
    return {
      message: `the function ${costly} isn't offered here: what it costs has no bound`,
      remedy: `Do without ${[...costlyFunctions].join(', ')}: compare whole texts, or use startsWith, endsWith or contains`,
    };
  }
  if (loops <= mostNestedLoops) return undefined;
  return {
    message: `the expression has ${loops} loops inside each other`,
    remedy: `Use at most ${mostNestedLoops} of all, exists, map and filter inside each other`,
  };
}
