import { Environment } from '@marcbachmann/cel-js';
import type { Health, HealthStatus } from '../../core/health.ts';
import {
  expressionCost,
  expressionLimits,
  type HealthRule,
  mostNestedLoops,
} from '../../core/health-rule.ts';
import { isJsonArray, type Json } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { health, healthy } from './conditions.ts';
import { shorten } from './container-trouble.ts';
import { unreadStatus } from './generic-health.ts';
import { judgement, type Rule } from './judgement.ts';

/**
 * Rules that the fleet repository brings, in CEL. The hub has checked them; here nothing is trusted: an expression that
 * can't be evaluated, or would cost too much on this object, leaves the health unknown and says why.
 */

const environment = new Environment({ enableOptionalTypes: true, limits: expressionLimits }).registerVariable(
  'object',
  'map<string, dyn>',
);

/** Most evaluations of parts of an expression on one object: a fraction of a second. */
const mostEvaluations = 1_000_000;
/** A field that isn't there is no failure. */
const absences: ReadonlySet<string> = new Set(['no_such_key', 'index_out_of_bounds']);

type Evaluation =
  | { readonly type: 'value'; readonly value: unknown }
  | { readonly type: 'absent' }
  | { readonly type: 'failed'; readonly why: string };

interface Compiled {
  evaluate(facts: Facts): Evaluation;
}

/** The object as expressions see it, made once for all of a rule. */
interface Facts {
  readonly object: unknown;
  readonly longestList: number;
}

const stages = [
  ['suspended', 'Suspended'],
  ['degraded', 'Degraded'],
  ['progressing', 'Progressing'],
  ['healthy', 'Healthy'],
] as const satisfies readonly (readonly [keyof HealthRule, HealthStatus])[];

/** Compiles a rule once; it is evaluated at each version of each object of its kind. */
export function compileRule(rule: HealthRule): Rule {
  const compiled = stages.flatMap(([name, status]) => {
    const text = rule[name];
    return text === undefined ? [] : [{ name, status, expression: compile(text) }];
  });
  const message = rule.message === undefined ? undefined : compile(rule.message);
  return (object, facts) => {
    const unread = unreadStatus(object, facts);
    if (unread !== undefined) return judgement(gated(unread, rule));
    const seen = factsOf(object);
    for (const { name, status, expression } of compiled) {
      const result = expression.evaluate(seen);
      if (result.type === 'failed') return judgement(gated(failed(name, result.why), rule));
      if (result.type === 'value' && typeof result.value !== 'boolean') {
        return judgement(gated(failed(name, 'it gives neither true nor false'), rule));
      }
      if (result.type === 'value' && result.value === true)
        return judgement(told(status, rule, message, seen));
    }
    return judgement(told('Progressing', rule, message, seen));
  };
}

function told(status: HealthStatus, rule: HealthRule, message: Compiled | undefined, facts: Facts): Health {
  if (status === 'Healthy') return healthy;
  const said = message?.evaluate(facts);
  const words = said?.type === 'value' && typeof said.value === 'string' ? shorten(said.value) : '';
  const plain =
    status === 'Progressing'
      ? 'its health rule does not hold yet'
      : `its health rule says ${status.toLowerCase()}`;
  return gated(health(status, 'HealthRule', words === '' ? plain : words), rule);
}

function failed(name: string, why: string): Health {
  return health('Unknown', 'HealthRuleFailed', `the expression \`${name}\` of its health rule fails: ${why}`);
}

function gated(verdict: Health, rule: HealthRule): Health {
  return rule.gating === false && verdict.status !== 'Healthy' ? { ...verdict, gating: false } : verdict;
}

function compile(text: string): Compiled {
  try {
    const run = environment.parse(text);
    const cost = expressionCost(run.ast);
    if (cost.costly !== undefined || cost.loops > mostNestedLoops) {
      return failing('it may cost more than is allowed');
    }
    return { evaluate: (facts) => evaluate(run, cost, facts) };
  } catch (error) {
    return failing(summaryOf(error));
  }
}

function failing(why: string): Compiled {
  return { evaluate: () => ({ type: 'failed', why }) };
}

function evaluate(
  run: (context: { readonly object: unknown }) => unknown,
  { nodes, loops }: { readonly nodes: number; readonly loops: number },
  { object, longestList }: Facts,
): Evaluation {
  if (nodes * longestList ** loops > mostEvaluations) {
    return { type: 'failed', why: `the object has a list of ${longestList} entries, too many for its loops` };
  }
  try {
    return { type: 'value', value: run({ object }) };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    return absences.has(code) ? { type: 'absent' } : { type: 'failed', why: summaryOf(error) };
  }
}

function summaryOf(error: unknown): string {
  if (error instanceof Error && 'summary' in error) return shorten(String(error.summary));
  return shorten(error instanceof Error ? error.message : String(error));
}

/** Whole numbers are integers for CEL, as Kubernetes means them; managed fields are of no use to anybody and large. */
function factsOf(object: KubeObject): Facts {
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  let longestList = 1;
  const convert = (value: Json | undefined): unknown => {
    if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value;
    if (value === null || typeof value !== 'object') return value;
    const entries = isJsonArray(value) ? undefined : Object.entries(value);
    const size = isJsonArray(value) ? value.length : (entries?.length ?? 0);
    longestList = Math.max(longestList, size);
    return isJsonArray(value)
      ? value.map(convert)
      : Object.fromEntries(
          (entries ?? []).flatMap(([key, member]) => (member === undefined ? [] : [[key, convert(member)]])),
        );
  };
  const isSecret = object.apiVersion === 'v1' && object.kind === 'Secret';
  // A message must not tell what a Secret holds.
  const hidden = isSecret ? { data: {}, stringData: {} } : {};
  const converted = convert({ ...object, metadata, ...hidden });
  return { object: converted, longestList };
}
