import { equalJson, isJsonArray, isJsonObject, type Json } from '../json.ts';
import type { Comparison, Expression, TextTest } from './expression.ts';

/** A member of an object, or a position in a list. */
export type Location = readonly (string | number)[];

interface Found {
  /** Absent for what is no part of the value. */
  readonly at?: Location;
  readonly value: Json | undefined;
}

/** Beyond so many a path is not followed: no rule of a person names as many fields. */
const mostFound = 10_000;

/** Where the fields are that an expression names. What isn't there is left out, as if each step had `?`. */
export function locateJq(expression: Expression, value: Json): readonly Location[] {
  return evaluate(expression, { at: [], value }).flatMap(({ at, value: found }) =>
    at === undefined || found === undefined ? [] : [at],
  );
}

function evaluate(expression: Expression, input: Found): readonly Found[] {
  switch (expression.type) {
    case 'here':
      return [input];
    case 'literal':
      return [{ value: expression.value }];
    case 'member':
      return evaluate(expression.of, input).flatMap((found) => memberOf(found, expression.name));
    case 'each':
      return evaluate(expression.of, input).flatMap(eachOf).slice(0, mostFound);
    case 'pipe':
      return evaluate(expression.left, input)
        .flatMap((found) => evaluate(expression.right, found))
        .slice(0, mostFound);
    case 'both':
      return [...evaluate(expression.left, input), ...evaluate(expression.right, input)];
    case 'select':
      return evaluate(expression.condition, input).some(isTrue) ? [input] : [];
    default:
      return conditionOf(expression, input).map((value) => ({ value }));
  }
}

type Condition = Extract<Expression, { type: 'not' | 'and' | 'or' | 'compare' | 'test' }>;

function conditionOf(condition: Condition, input: Found): readonly boolean[] {
  if (condition.type === 'not') return [!isTrue(input)];
  if (condition.type === 'test') {
    return evaluate(condition.argument, input).map(({ value }) => passes(condition.by, input.value, value));
  }
  const rights = evaluate(condition.right, input);
  return evaluate(condition.left, input).flatMap((left) =>
    rights.map((right) => holds(condition, left, right)),
  );
}

function holds(condition: Exclude<Condition, { type: 'not' | 'test' }>, left: Found, right: Found): boolean {
  switch (condition.type) {
    case 'and':
      return isTrue(left) && isTrue(right);
    case 'or':
      return isTrue(left) || isTrue(right);
    case 'compare':
      return compare(condition.by, left.value ?? null, right.value ?? null);
  }
}

function isTrue({ value }: Found): boolean {
  return value !== undefined && value !== null && value !== false;
}

function memberOf({ at, value }: Found, name: string | number): readonly Found[] {
  const place = (step: string | number): Pick<Found, 'at'> => (at === undefined ? {} : { at: [...at, step] });
  if (typeof name === 'string') {
    if (value === undefined || value === null) return [{ value: undefined }];
    return isJsonObject(value) ? [{ ...place(name), value: value[name] }] : [];
  }
  if (!isJsonArray(value)) return [];
  const index = name < 0 ? value.length + name : name;
  return [{ ...place(index), value: value[index] }];
}

function eachOf({ at, value }: Found): readonly Found[] {
  const place = (step: string | number): Pick<Found, 'at'> => (at === undefined ? {} : { at: [...at, step] });
  if (isJsonArray(value)) return value.map((item, index) => ({ ...place(index), value: item }));
  if (!isJsonObject(value)) return [];
  return Object.entries(value).map(([name, member]) => ({ ...place(name), value: member }));
}

function passes(by: TextTest, value: Json | undefined, argument: Json | undefined): boolean {
  if (by === 'has')
    return isJsonObject(value) && typeof argument === 'string' && value[argument] !== undefined;
  if (by === 'contains' && isJsonArray(value)) {
    const wanted = isJsonArray(argument) ? argument : [argument ?? null];
    return wanted.every((item) => value.some((member) => equalJson(member, item)));
  }
  if (typeof value !== 'string' || typeof argument !== 'string') return false;
  if (by === 'startswith') return value.startsWith(argument);
  return by === 'endswith' ? value.endsWith(argument) : value.includes(argument);
}

/** Texts and numbers have an order here; of other values only equality is known. */
function compare(by: Comparison, left: Json, right: Json): boolean {
  if (by === '==') return equalJson(left, right);
  if (by === '!=') return !equalJson(left, right);
  const isOrdered = typeof left === typeof right && (typeof left === 'number' || typeof left === 'string');
  if (!isOrdered) return false;
  const [low, high] = [left as number | string, right as number | string];
  if (by === '<') return low < high;
  if (by === '<=') return low <= high;
  return by === '>' ? low > high : low >= high;
}
