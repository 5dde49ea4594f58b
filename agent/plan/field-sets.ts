import { isJsonObject, type Json, parseJson } from '../../core/json.ts';
import { type FieldSet, type PathStep, valuesAt } from './fields-v1.ts';

/** One path of a set, as the members of FieldsV1 that lead to it: `["f:spec", "f:replicas"]`. */
export type FieldPath = readonly string[];

/** Every path that a set has; a node that is owned itself, besides what is below it, is a path too. */
export function pathsOf(fields: FieldSet): readonly FieldPath[] {
  const paths: FieldPath[] = [];
  collect(fields, [], paths);
  return paths;
}

function collect(fields: FieldSet, path: FieldPath, paths: FieldPath[]): void {
  const names = Object.keys(fields);
  if (path.length > 0 && (names.length === 0 || names.includes('.'))) paths.push(path);
  for (const name of names) {
    const child = fields[name];
    if (name !== '.' && isJsonObject(child)) collect(child, [...path, name], paths);
  }
}

interface Node {
  isOwned: boolean;
  readonly children: Map<string, Node>;
}

/** The set of these paths, as the API server spells it. */
export function fieldsOf(paths: readonly FieldPath[]): FieldSet {
  const root: Node = { isOwned: false, children: new Map() };
  for (const path of paths) {
    let node = root;
    for (const name of path) {
      const child = node.children.get(name) ?? { isOwned: false, children: new Map() };
      node.children.set(name, child);
      node = child;
    }
    node.isOwned = true;
  }
  return spell(root);
}

function spell(node: Node): FieldSet {
  const members: Record<string, Json> = {};
  if (node.isOwned && node.children.size > 0) members['.'] = {};
  for (const [name, child] of node.children) members[name] = spell(child);
  return members;
}

export function unionFields(sets: readonly FieldSet[]): FieldSet {
  return fieldsOf(sets.flatMap(pathsOf));
}

/** Those paths of a set that are in none of the others. */
export function withoutPaths(fields: FieldSet, others: readonly FieldPath[]): FieldSet {
  const names = new Set(others.map(nameOfPath));
  return fieldsOf(pathsOf(fields).filter((path) => !names.has(nameOfPath(path))));
}

/** Those paths of a set at which a value has anything. */
export function withinValue(fields: FieldSet, value: Json): FieldSet {
  return fieldsOf(pathsOf(fields).filter((path) => valuesAtPath(value, path).length > 0));
}

/** What is at a path: nothing, one value, or (for damaged lists) several. */
export function valuesAtPath(value: Json, path: FieldPath): readonly Json[] {
  return path.reduce<readonly Json[]>((found, name) => found.flatMap((at) => valuesAt(at, name)), [value]);
}

/** One text for a path, to be compared and looked up. */
export function nameOfPath(path: FieldPath): string {
  return JSON.stringify(path);
}

/** A path as the steps of a comparison; `undefined` for one that counts positions in a list. */
export function stepsOf(path: FieldPath): readonly PathStep[] | undefined {
  const steps: PathStep[] = [];
  for (const name of path) {
    const rest = name.slice(2);
    if (name.startsWith('f:')) steps.push({ type: 'field', name: rest });
    else if (name.startsWith('v:')) steps.push({ type: 'value', value: parseJson(rest) });
    else {
      const keys = name.startsWith('k:') ? parseJson(rest) : null;
      if (!isJsonObject(keys)) return undefined;
      steps.push({ type: 'item', keys });
    }
  }
  return steps;
}
