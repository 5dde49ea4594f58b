import { isJsonArray, isJsonObject, type Json, type JsonObject, stringAt } from '../../core/json.ts';
import { isKubeObject, type KubeObject, type Manifest } from '../../core/kube-object.ts';
import type { Location, Problem } from '../../core/problem.ts';
import { readYamlStream, type YamlDocument } from '../catalog/yaml-stream.ts';
import type { Expansion } from '../catalog/yaml-value.ts';

export interface ManifestRead {
  readonly manifests: readonly Manifest[];
  readonly problems: readonly Problem[];
}

/** Where a document of a text comes from: for a file its lines, for a tool's output what its comments or annotations tell. */
export type OriginOf = (
  place: Pick<YamlDocument, 'preceding' | 'value'> & { readonly line: number },
) => Location;

/**
 * Reads Kubernetes objects from a stream of YAML or JSON: `List` kinds are expanded, empty documents left out. Every
 * object has `apiVersion`, `kind` and a name (a hook may have `generateName`), and texts where the API wants texts.
 */
export function readManifests(text: string, originOf: OriginOf, expansion?: Expansion): ManifestRead {
  const manifests: Manifest[] = [];
  const problems: Problem[] = [];
  const { documents, failures } = readYamlStream(text, expansion);
  for (const { code, message, line } of failures) {
    problems.push({
      code,
      message: `this YAML can't be read: ${message}`,
      location: originOf({ line, preceding: '', value: null }),
      remedy: 'Mend the file; what runs stays as it is until then',
    });
  }
  for (const document of documents) {
    for (const { value, path } of expandLists(document.value, '')) {
      const locate = (field: string): Location =>
        originOf({ line: document.lineOf(join(path, field)), preceding: document.preceding, value });
      const problem = checkObject(value, locate);
      if (problem !== undefined) problems.push(problem);
      else manifests.push({ object: value as KubeObject, origin: locate('') });
    }
  }
  return { manifests, problems };
}

function join(path: string, field: string): string {
  return path === '' || field === '' ? path + field : `${path}.${field}`;
}

interface Item {
  readonly value: Json;
  readonly path: string;
}

/** A `List`, or any `…List` with `items`, as its items; typed lists may leave out what their kind says. */
function expandLists(value: Json, path: string): readonly Item[] {
  const kind = stringAt(value, 'kind');
  if (!isJsonObject(value) || kind?.endsWith('List') !== true || !isJsonArray(value['items']))
    return [{ value, path }];
  const typed: JsonObject =
    kind === 'List' ? {} : { apiVersion: value['apiVersion'], kind: kind.slice(0, -4) };
  return value['items'].flatMap((item, index) =>
    expandLists(isJsonObject(item) ? { ...typed, ...item } : item, join(path, `items[${index}]`)),
  );
}

function checkObject(value: Json, locate: (field: string) => Location): Problem | undefined {
  const problem = (code: string, field: string, message: string, remedy: string): Problem => ({
    code,
    message,
    location: locate(field),
    ...(field === '' ? {} : { field }),
    remedy,
  });
  if (!isJsonObject(value)) {
    return problem(
      'not-an-object',
      '',
      'this document is not a mapping',
      'A Kubernetes object is a mapping with apiVersion, kind and metadata',
    );
  }
  for (const field of ['apiVersion', 'kind']) {
    if (typeof value[field] === 'string' && value[field] !== '') continue;
    const what = stringAt(value, 'metadata', 'name') ?? stringAt(value, 'kind') ?? 'this document';
    return problem(
      `missing-${field === 'kind' ? 'kind' : 'api-version'}`,
      field,
      `${what} has no ${field}`,
      'Add it, or keep files that are no Kubernetes objects out of this folder',
    );
  }
  if (!isKubeObject(value)) {
    return problem(
      'missing-name',
      'metadata',
      `this ${String(value['kind'])} has no metadata`,
      'Add metadata with a name',
    );
  }
  return checkMetadata(value, problem);
}

function checkMetadata(
  object: KubeObject,
  problem: (code: string, field: string, message: string, remedy: string) => Problem,
): Problem | undefined {
  const { kind, metadata } = object;
  for (const field of ['name', 'generateName', 'namespace']) {
    const found = metadata[field];
    if (found === undefined || found === null || typeof found === 'string') continue;
    return problem(
      'not-a-string',
      `metadata.${field}`,
      `metadata.${field} of this ${kind} is ${String(found)}, which YAML doesn't read as a text`,
      'Put it in quotes',
    );
  }
  for (const field of ['labels', 'annotations']) {
    const wrong = nonStringMember(metadata[field]);
    if (wrong === undefined) continue;
    const path = `metadata.${field}.${wrong}`;
    return problem(
      'not-a-string',
      path,
      `${path} of ${kind} ${metadata.name ?? ''} is not a text`,
      'Put it in quotes',
    );
  }
  if (typeof metadata.name === 'string' && metadata.name !== '') return undefined;
  if (typeof metadata.generateName !== 'string') {
    return problem('missing-name', 'metadata', `this ${kind} has no metadata.name`, 'Add a name');
  }
  if (isHook(object)) return undefined;
  return problem(
    'generate-name',
    'metadata.generateName',
    `this ${kind} has generateName instead of a name, so every sync would make another one`,
    'Give it a name, or make it a hook',
  );
}

function nonStringMember(value: Json | undefined): string | undefined {
  if (!isJsonObject(value)) return undefined;
  return Object.keys(value).find((key) => typeof value[key] !== 'string');
}

function isHook({ metadata }: KubeObject): boolean {
  const annotations = metadata.annotations ?? {};
  return annotations['argocd.argoproj.io/hook'] !== undefined || annotations['helm.sh/hook'] !== undefined;
}
