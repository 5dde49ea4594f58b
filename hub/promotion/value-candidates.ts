import { formatImage, type ImageReference } from '../resolve/image-reference.ts';
import type { Candidate, ImageStep, TargetSource } from './candidate.ts';
import { pathKey, splitKey, type ValueLayer, valueLayers } from './value-layers.ts';
import type { TextEdit } from './yaml-file.ts';

/** A value to be set so that a chart makes the image that is wanted. */
interface WantedValue {
  readonly path: readonly string[];
  readonly value: string;
}

/** One set of values that may make the image, and how likely it is the right one. */
interface Site {
  readonly wanted: readonly WantedValue[];
  readonly score: number;
}

/** A value after all layers, and the layer that decides it. */
interface Decided {
  readonly text: string;
  readonly layer: ValueLayer;
}

type Values = ReadonlyMap<string, Decided>;

const repositoryKeys = ['repository', 'name', 'image', 'repo'];
const tagKeys = ['tag', 'imageTag', 'version'];

/**
 * Values of a chart that may name an image: a repository with a tag and a digest beside it, a text that is the whole
 * image, a tag alone. Each is set where the environment decides it already, else in its last values file.
 */
export function valueCandidates(source: TargetSource, step: ImageStep): readonly Candidate[] {
  const layers = valueLayers(source);
  const values: Map<string, Decided> = new Map();
  for (const layer of layers) for (const [key, text] of layer.values) values.set(key, { text, layer });
  const sites = [...repositorySites(values, step), ...wholeSites(values, step), ...tagSites(values, step)];
  return sites
    .toSorted((left, right) => right.score - left.score)
    .flatMap(({ wanted }) => candidatesOf(wanted, values, layers));
}

function* repositorySites(values: Values, step: ImageStep): Generator<Site> {
  for (const [key, { text }] of values) {
    const path = splitKey(key);
    const parent = path.slice(0, -1);
    const at = (name: string) => values.get(pathKey([...parent, name]))?.text;
    if (text === '' || !repositoryKeys.includes(path.at(-1) ?? '')) continue;
    const registry = at('registry') ?? values.get(pathKey(['global', 'imageRegistry']))?.text ?? '';
    const prefix = prefixOf(step.before.name, text, registry);
    if (prefix === undefined || !step.after.name.startsWith(prefix)) continue;
    const tagKey = tagKeys.find((name) => at(name) !== undefined) ?? 'tag';
    const digestKey = ['digest', 'sha'].find((name) => at(name) !== undefined) ?? 'digest';
    const names =
      step.after.name === step.before.name ? [] : [{ path, value: step.after.name.slice(prefix.length) }];
    const tag = { path: [...parent, tagKey], value: step.after.tag ?? '' };
    const digest = { path: [...parent, digestKey], value: step.after.digest ?? '' };
    const score = at(tagKey) === (step.before.tag ?? '') ? 30 : 20;
    const differs = ({ path: where, value }: WantedValue) =>
      (values.get(pathKey(where))?.text ?? '') !== value;
    yield { wanted: [...names, ...[tag, digest].filter(differs)], score };
    // Charts without a field for the digest take it with the tag.
    const joined = joinedTag(step.after);
    if (joined !== undefined) yield { wanted: [...names, { ...tag, value: joined }], score: score - 5 };
  }
}

/** What stands before a chart's repository in the image: '' or a registry. */
function prefixOf(name: string, repository: string, registry: string): string | undefined {
  if (name === repository) return '';
  if (registry !== '' && name === `${registry}/${repository}`) return `${registry}/`;
  return name.endsWith(`/${repository}`) ? name.slice(0, -repository.length) : undefined;
}

function* wholeSites(values: Values, { before, after }: ImageStep): Generator<Site> {
  const whole = formatImage(before);
  for (const [key, { text }] of values) {
    if (text === whole) yield { wanted: [{ path: splitKey(key), value: formatImage(after) }], score: 28 };
    const prefix = whole.slice(0, whole.length - text.length);
    const isRest = text.includes(':') && prefix.endsWith('/') && whole.endsWith(`/${text}`);
    if (!isRest || !after.name.startsWith(prefix)) continue;
    yield { wanted: [{ path: splitKey(key), value: formatImage(after).slice(prefix.length) }], score: 18 };
  }
}

/** A tag whose repository is written in the chart's templates. */
function* tagSites(values: Values, { before, after }: ImageStep): Generator<Site> {
  if (before.name !== after.name) return;
  for (const [key, { text }] of values) {
    const path = splitKey(key);
    const name = path.at(-1) ?? '';
    if (/digest$|sha$/iu.test(name) && text !== '' && text === before.digest && after.digest !== undefined) {
      yield { wanted: [{ path, value: after.digest }], score: 9 };
    }
    if (!/(?:tag|version)$/iu.test(name) || text === '' || text !== (joinedTag(before) ?? before.tag))
      continue;
    const value = joinedTag(after) ?? after.tag;
    if (value !== undefined) yield { wanted: [{ path, value }], score: 10 };
  }
}

function joinedTag({ tag, digest }: ImageReference): string | undefined {
  return tag === undefined || digest === undefined ? undefined : `${tag}@${digest}`;
}

/** Where the values can be set: where they are decided, unless that is the chart's default; then files from the last. */
function candidatesOf(
  wanted: readonly WantedValue[],
  values: Values,
  layers: readonly ValueLayer[],
): readonly Candidate[] {
  if (wanted.length === 0) return [];
  const deciders = new Set(wanted.flatMap(({ path }) => values.get(pathKey(path))?.layer ?? []));
  const overriding = [...deciders].filter(({ isDefault }) => !isDefault);
  const others = layers.filter((layer) => !layer.isDefault && !overriding.includes(layer));
  const defaults = layers.filter((layer) => layer.isDefault && deciders.has(layer));
  const order = [
    ...overriding.toSorted((left, right) => layers.indexOf(right) - layers.indexOf(left)),
    ...others.toReversed(),
    ...defaults.toReversed(),
  ];
  return order.flatMap((layer) => {
    const edits = wanted.map(({ path, value }) => layer.set(path, value));
    if (edits.some((edit) => edit === undefined)) return [];
    const field = layer.title + wanted.map(({ path }) => path.join('.').replaceAll('.[', '[')).join(', ');
    return [{ repository: layer.repository, file: layer.file, edits: edits as readonly TextEdit[], field }];
  });
}
