import { isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import type { TargetSource, TextFile } from './candidate.ts';
import { findDocument } from './find-document.ts';
import { setTextAt } from './insert-pairs.ts';
import { readNestedYaml } from './nested-yaml.ts';
import { replaceText } from './scalar-text.ts';
import { nodeAt, readYamlFile, type TextEdit, textAt, textOf, type YamlFile } from './yaml-file.ts';

/** One place that values of a chart come from. */
export interface ValueLayer {
  readonly repository: 'source' | 'fleet';
  readonly file: string;
  /** Before a value's path in messages: `spec.source.helm.valuesObject.`, '' in a values file. */
  readonly title: string;
  /** Whether it is the chart's own default, below all that environments say. */
  readonly isDefault: boolean;
  /** Texts by their path in the chart's values. */
  readonly values: ReadonlyMap<string, string>;
  /** Sets a value; `undefined` where this layer can't hold it. */
  set(path: readonly string[], value: string): TextEdit | undefined;
}

const separator = '\n';

export function pathKey(path: readonly string[]): string {
  return path.join(separator);
}

export function splitKey(key: string): readonly string[] {
  return key.split(separator);
}

/** All layers of a target's chart, lowest first, as Argo CD and Helm put them over each other. */
export function valueLayers(source: TargetSource): readonly ValueLayer[] {
  const byPath = new Map(source.files.map((file) => [file.file, file]));
  const folder = source.path === '' ? '' : `${source.path}/`;
  const aliases = subchartNames(byPath.get(`${folder}Chart.yaml`));
  const defaults = source.files.flatMap((file) => {
    const inner = file.file.startsWith(folder) ? file.file.slice(folder.length) : '';
    const charts = /^((?:charts\/[^/]+\/)*)values\.ya?ml$/u.exec(inner)?.[1];
    if (charts === undefined) return [];
    const names = charts.split('/').filter((part, index) => index % 2 === 1 && part !== '');
    const prefixes =
      names.length === 0
        ? [[]]
        : (aliases.get(names[0] ?? '') ?? [names[0] ?? '']).map((name) => [name, ...names.slice(1)]);
    return prefixes.map((prefix) => ({ file, prefix }));
  });
  defaults.sort((left, right) => right.prefix.length - left.prefix.length);
  const layers = defaults.map(({ file, prefix }) => fileLayer(file, prefix, true));
  for (const path of source.valueFiles) {
    const file = byPath.get(path);
    if (file !== undefined) layers.push(fileLayer(file, [], false));
  }
  layers.push(...documentLayers(source.document));
  return layers.filter((layer) => layer !== undefined);
}

/** A dependency's folder name → the names that its values go by. */
function subchartNames(chart: TextFile | undefined): ReadonlyMap<string, readonly string[]> {
  const file = chart === undefined ? undefined : readYamlFile(chart.text);
  const list = nodeAt(file?.roots[0], ['dependencies']);
  const names = new Map<string, readonly string[]>();
  if (file === undefined || !isSeq(list)) return names;
  for (const item of list.items) {
    const name = textAt(file, item, ['name']) ?? '';
    names.set(name, [...(names.get(name) ?? []), textAt(file, item, ['alias']) ?? name]);
  }
  return names;
}

function fileLayer(
  { file, text }: TextFile,
  prefix: readonly string[],
  isDefault: boolean,
): ValueLayer | undefined {
  const yaml = readYamlFile(text);
  if (yaml === undefined || yaml.roots.length > 1) return undefined;
  const root = yaml.roots[0];
  return {
    repository: 'source',
    file,
    title: '',
    isDefault,
    values: flatten(yaml, root, prefix),
    set: (path, value) =>
      startsWith(path, prefix) ? setIn(yaml, root, path.slice(prefix.length), value) : undefined,
  };
}

/** `values` or `valuesObject`, which replaces it, then `parameters`. */
function documentLayers(document: TargetSource['document']): (ValueLayer | undefined)[] {
  const found = findDocument(document);
  const helm = nodeAt(found?.root, ['spec', 'source', 'helm']);
  if (found === undefined || helm === undefined) return [];
  const { file } = found;
  const place = { repository: 'fleet', file: document.file, isDefault: false } as const;
  const object = nodeAt(helm, ['valuesObject']);
  const text = nodeAt(helm, ['values']);
  const layers: (ValueLayer | undefined)[] = [];
  if (object !== undefined) {
    layers.push({
      ...place,
      title: 'spec.source.helm.valuesObject.',
      values: flatten(file, object, []),
      set: (path, value) => setIn(file, object, path, value),
    });
  } else if (isScalar(text)) {
    const nested = readNestedYaml(file, text);
    const root = nested?.file.roots[0];
    if (nested !== undefined) {
      layers.push({
        ...place,
        title: 'spec.source.helm.values: ',
        values: flatten(nested.file, root, []),
        set(path, value) {
          const edit = setIn(nested.file, root, path, value);
          return edit === undefined ? undefined : nested.outer(edit);
        },
      });
    }
  }
  layers.push(parameterLayer(file, nodeAt(helm, ['parameters']), place));
  return layers;
}

function parameterLayer(
  file: YamlFile,
  list: Node | undefined,
  place: Pick<ValueLayer, 'repository' | 'file' | 'isDefault'>,
): ValueLayer | undefined {
  if (!isSeq(list)) return undefined;
  const nodes = new Map<string, Node | undefined>();
  const values = new Map<string, string>();
  for (const item of list.items) {
    const key = pathKey((textAt(file, item, ['name']) ?? '').replaceAll(/\[(\d+)\]/gu, '.[$1]').split('.'));
    nodes.set(key, nodeAt(item, ['value']));
    values.set(key, textAt(file, item, ['value']) ?? '');
  }
  return {
    ...place,
    title: 'spec.source.helm.parameters: ',
    values,
    set(path, value) {
      const node = nodes.get(pathKey(path));
      return isScalar(node) ? replaceText(file, node, value) : undefined;
    },
  };
}

function setIn(
  file: YamlFile,
  root: Node | undefined,
  path: readonly string[],
  value: string,
): TextEdit | undefined {
  const last = path.findLastIndex((part) => /^\[\d+\]$/u.test(part));
  if (last < 0) return setTextAt(file, root, path, value);
  let node: unknown = root;
  for (const part of path.slice(0, last + 1)) {
    const index = /^\[(\d+)\]$/u.exec(part)?.[1];
    node = index === undefined ? nodeAt(node, [part]) : isSeq(node) ? node.items[Number(index)] : undefined;
  }
  // Helm replaces lists as a whole: only what stands in this one can be exchanged.
  if (node === undefined) return undefined;
  const rest = path.slice(last + 1);
  return rest.length === 0 && (isScalar(node) || isAlias(node))
    ? replaceText(file, node, value)
    : setTextAt(file, node as Node, rest, value);
}

function startsWith(path: readonly string[], prefix: readonly string[]): boolean {
  return prefix.every((part, index) => path[index] === part);
}

function flatten(file: YamlFile, root: unknown, prefix: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const visit = (node: unknown, path: readonly string[], depth: number): void => {
    // An anchor may hold itself by an alias.
    if (depth > 50) return;
    if (isMap(node))
      for (const { key, value } of node.items)
        visit(value, [...path, String(isScalar(key) ? key.value : '')], depth + 1);
    else if (isSeq(node))
      node.items.forEach((item, index) => void visit(item, [...path, `[${index}]`], depth + 1));
    else {
      const text = textOf(file, node);
      if (text !== undefined) values.set(pathKey(path), text);
    }
  };
  visit(root, prefix, 0);
  return values;
}
