import { isJsonArray, isJsonObject, type Json, type JsonObject, stringAt } from '../../core/json.ts';
import type { Problem } from '../../core/problem.ts';
import { readYamlStream, type YamlDocument } from '../catalog/yaml-stream.ts';

/**
 * Something a kustomization names. `resource`: a manifest or another kustomization; `base`: a kustomization only;
 * `file`: a plain file; `config`: a transformer, generator or validator, which may itself name files; `chart`: the
 * folder of a Helm chart.
 */
export interface Reference {
  readonly kind: 'resource' | 'base' | 'file' | 'config' | 'chart';
  /** As written, relative to the kustomization's folder. */
  readonly path: string;
  /** Such as `resources[2]`. */
  readonly field: string;
  readonly line: number;
  /** Of a chart that isn't there: where kustomize would fetch it. */
  readonly repository?: string;
}

export interface Kustomization {
  readonly references: readonly Reference[];
  readonly problems: readonly Omit<Problem, 'location'>[];
  /** Line of each problem, in the same order. */
  readonly problemLines: readonly number[];
}

/** The names that kustomize knows for its file, in its order. */
export const kustomizationNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'] as const;

/** Fields that list paths, and what the paths are (kustomize 5, api/types/kustomization.go). */
const lists: readonly (readonly [field: string, kind: Reference['kind']])[] = [
  ['resources', 'resource'],
  ['bases', 'base'],
  ['components', 'base'],
  ['crds', 'file'],
  ['configurations', 'file'],
  ['patchesStrategicMerge', 'file'],
  ['generators', 'config'],
  ['transformers', 'config'],
  ['validators', 'config'],
];

/**
 * Fields whose texts kustomize loads. It takes them from http(s) addresses as well, whether or not there is a file of
 * that name, and in any spelling (encoding/json). A proxy doesn't stop it: Go asks none for the own host.
 */
const loading =
  /^(resources|bases|components|crds|configurations|patches|patchesStrategicMerge|generators|transformers|validators|paths?|files|envs?|valuesFile|additionalValuesFiles)$/iu;
const address = /^([^=]*=)?https?:\/\//iu;

interface Address {
  readonly text: string;
  /** Of the outermost document: the field that holds an inline one. */
  readonly field: string;
}

/** What kustomize would fetch by http(s) for a kustomization, a generator or a transformer. */
export function addressesIn(value: Json, at = '', loads = false): readonly Address[] {
  if (isJsonArray(value)) return value.flatMap((item, index) => addressesIn(item, `${at}[${index}]`, loads));
  if (isJsonObject(value)) {
    return Object.entries(value).flatMap(([name, member]) =>
      addressesIn(member ?? null, at === '' ? name : `${at}.${name}`, loading.test(name)),
    );
  }
  if (!loads || typeof value !== 'string') return [];
  if (address.test(value)) return [{ text: value, field: at }];
  if (!isInline(value)) return [];
  const inner = readYamlStream(value).documents.flatMap((document) => addressesIn(document.value));
  return inner.map(({ text }) => ({ text, field: at }));
}

/** An inline patch or transformer is YAML itself. */
function isInline(text: string): boolean {
  return text.includes('\n') || text.trimStart().startsWith('{');
}

/** What a kustomization file names, with lines. */
export function parseKustomization(text: string): Kustomization {
  const { documents, failures } = readYamlStream(text);
  const [document] = documents;
  const collector = new Collector(document);
  for (const failure of failures) {
    collector.problem(failure.code, `this kustomization can't be read: ${failure.message}`, '', failure.line);
  }
  const value = document?.value;
  if (failures.length === 0 && documents.length > 1) {
    collector.problem(
      'kustomization-syntax',
      'a kustomization file holds one document',
      '',
      documents[1]?.line,
    );
  }
  if (value !== undefined && !isJsonObject(value))
    collector.problem('kustomization-syntax', 'a kustomization is a mapping', '');
  if (isJsonObject(value)) collectReferences(value, collector);
  return collector.result();
}

/** What a part of a kustomization that stands elsewhere names. */
export function referencesOf(value: JsonObject): Kustomization {
  const collector = new Collector(undefined);
  collectReferences(value, collector);
  return collector.result();
}

/** What to do about something that kustomize would fetch. */
export const copyIt = 'Copy it into the repository and refer to it by its path';

export function fetchedMessage(text: string): string {
  return `${text} is fetched from elsewhere, which is not allowed yet`;
}

class Collector {
  readonly references: Reference[] = [];
  readonly problems: Omit<Problem, 'location'>[] = [];
  readonly lines: number[] = [];
  readonly #document: YamlDocument | undefined;

  constructor(document: YamlDocument | undefined) {
    this.#document = document;
  }

  result(): Kustomization {
    return { references: this.references, problems: this.problems, problemLines: this.lines };
  }

  add(kind: Reference['kind'], path: Json | undefined, field: string, repository?: string): void {
    if (typeof path !== 'string' || path === '' || address.test(path)) return;
    const line = this.#document?.lineOf(field) ?? 1;
    this.references.push({ kind, path, field, line, ...(repository === undefined ? {} : { repository }) });
  }

  problem(code: string, message: string, field: string, line = this.#document?.lineOf(field) ?? 1): void {
    const remedy =
      code === 'remote-base' ? copyIt : 'Mend the kustomization; what runs stays as it is until then';
    this.problems.push({ code, message, remedy, ...(field === '' ? {} : { field }) });
    this.lines.push(line);
  }
}

function collectReferences(value: JsonObject, collector: Collector): void {
  for (const { text, field } of addressesIn(value)) {
    collector.problem('remote-base', fetchedMessage(text), field);
  }
  for (const [field, kind] of lists) {
    for (const [index, item] of items(value[field])) {
      if (typeof item === 'string' && !isInline(item)) collector.add(kind, item, `${field}[${index}]`);
    }
  }
  for (const field of ['patches', 'patchesJson6902', 'replacements']) {
    for (const [index, item] of items(value[field])) {
      collector.add('file', stringAt(item, 'path'), `${field}[${index}].path`);
    }
  }
  for (const field of ['configMapGenerator', 'secretGenerator']) {
    for (const [index, item] of items(value[field])) collectGenerator(item, `${field}[${index}]`, collector);
  }
  collector.add('file', stringAt(value['openapi'], 'path'), 'openapi.path');
  collectCharts(value, collector);
}

function collectCharts(value: JsonObject, collector: Collector): void {
  const chartHome = stringAt(value['helmGlobals'], 'chartHome');
  for (const [index, item] of items(value['helmCharts'])) {
    collectChart(item, chartHome, `helmCharts[${index}]`, collector);
  }
  for (const field of ['generators', 'transformers']) {
    for (const [index, item] of items(value[field])) {
      const documents = typeof item === 'string' && isInline(item) ? readYamlStream(item).documents : [];
      const charts = documents.filter((document) => isChartGenerator(document.value));
      for (const chart of charts) collectChart(chart.value, undefined, `${field}[${index}]`, collector);
    }
  }
  if (value['helmChartInflationGenerator'] !== undefined) {
    collector.problem(
      'unsupported',
      'helmChartInflationGenerator is the old form of helmCharts, and is not supported',
      'helmChartInflationGenerator',
    );
  }
}

/** A generator in a document of its own that does what an entry of `helmCharts` does. */
export function isChartGenerator(value: Json): boolean {
  return stringAt(value, 'kind') === 'HelmChartInflationGenerator';
}

/** What a chart generator's document names. */
export function chartReferences(value: Json): Kustomization {
  const collector = new Collector(undefined);
  collectChart(value, undefined, '', collector);
  return collector.result();
}

/** kustomize, api/types/helmchartargs.go: a chart with a version and a repository has a folder of its own. */
function collectChart(item: Json, globalHome: string | undefined, at: string, collector: Collector): void {
  const field = (name: string): string => (at === '' ? name : `${at}.${name}`);
  const name = stringAt(item, 'name') ?? '';
  const texts = ['name', 'releaseName', 'namespace', 'nameTemplate', 'version'];
  const odd = texts.find((text) => stringAt(item, text)?.startsWith('-') === true);
  if (odd !== undefined || name === '' || name.includes('/')) {
    const message =
      odd === undefined ? 'this chart has no name' : `${odd} of this chart looks like an option of helm`;
    collector.problem('kustomization-syntax', message, field(odd ?? 'name'));
    return;
  }
  const repository = stringAt(item, 'repo') ?? '';
  const version = stringAt(item, 'version') ?? '';
  const home = stringAt(item, 'chartHome') ?? globalHome ?? 'charts';
  const folder = repository === '' || version === '' ? home : `${home}/${name}-${version}`;
  collector.add('chart', `${folder}/${name}`, field('name'), repository);
  collector.add('file', stringAt(item, 'valuesFile'), field('valuesFile'));
  if (!isJsonObject(item)) return;
  for (const [index, file] of items(item['additionalValuesFiles'])) {
    collector.add('file', file, field(`additionalValuesFiles[${index}]`));
  }
}

/** `files` may carry the key that the file gets: `key=path`. */
function collectGenerator(item: Json, field: string, collector: Collector): void {
  if (!isJsonObject(item)) return;
  for (const [index, file] of items(item['files'])) {
    if (typeof file === 'string')
      collector.add('file', file.slice(file.indexOf('=') + 1), `${field}.files[${index}]`);
  }
  for (const [index, file] of items(item['envs'])) collector.add('file', file, `${field}.envs[${index}]`);
  collector.add('file', item['env'], `${field}.env`);
}

function items(value: Json | undefined): readonly (readonly [number, Json])[] {
  return isJsonArray(value) ? [...value.entries()] : [];
}

/** Every text in a stream of documents: what a transformer may name as a file. Unreadable text names nothing. */
export function textsIn(text: string): readonly string[] {
  const texts: string[] = [];
  const visit = (value: Json): void => {
    if (typeof value === 'string') texts.push(value);
    else if (isJsonArray(value)) for (const item of value) visit(item);
    else if (isJsonObject(value)) for (const member of Object.values(value)) visit(member ?? null);
  };
  for (const { value } of readYamlStream(text).documents) visit(value);
  return texts;
}
