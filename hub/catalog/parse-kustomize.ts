import type { Json } from '../../core/json.ts';
import type { KustomizeOptions, KustomizePatch, SourceTool } from './documents.ts';
import {
  addProblem,
  booleanField,
  checkFields,
  type Fields,
  objectField,
  objectList,
  requiredString,
  stringField,
  stringList,
  stringMap,
} from './fields.ts';

const texts = ['namePrefix', 'nameSuffix', 'namespace', 'version', 'kubeVersion'] as const;
const switches = [
  'forceCommonLabels',
  'forceCommonAnnotations',
  'labelWithoutSelector',
  'labelIncludeTemplates',
  'ignoreMissingComponents',
  'commonAnnotationsEnvsubst',
] as const;
const selector = ['group', 'version', 'kind', 'name', 'namespace', 'labelSelector', 'annotationSelector'];

/** `spec.source.kustomize`: what Argo CD passes to `kustomize edit` and `kustomize build`. */
export function parseKustomize(fields: Fields): SourceTool {
  checkFields(fields, {
    read: [
      ...texts,
      ...switches,
      'images',
      'replicas',
      'commonLabels',
      'commonAnnotations',
      'patches',
      'components',
      'apiVersions',
    ],
  });
  const options: KustomizeOptions = {
    ...textsOf(fields),
    ...switchesOf(fields),
    images: readImages(fields),
    ...notEmpty('replicas', (objectList(fields, 'replicas') ?? []).map(readReplica)),
    commonLabels: stringMap(fields, 'commonLabels'),
    commonAnnotations: stringMap(fields, 'commonAnnotations'),
    ...notEmpty('patches', (objectList(fields, 'patches') ?? []).map(readPatch)),
    ...notEmpty('components', stringList(fields, 'components') ?? []),
    ...notEmpty('apiVersions', stringList(fields, 'apiVersions') ?? []),
  };
  if (options.labelIncludeTemplates === true && options.labelWithoutSelector !== true) {
    addProblem(fields, 'labelIncludeTemplates', {
      code: 'wrong-value',
      message: 'labelIncludeTemplates means something only together with labelWithoutSelector',
      remedy: 'Add labelWithoutSelector: true, or remove it: common labels are in templates anyway',
    });
  }
  return { type: 'kustomize', options };
}

function textsOf(fields: Fields): { readonly [name in (typeof texts)[number]]?: string } {
  const entries = texts.map((name) => [name, stringField(fields, name) ?? ''] as const);
  return Object.fromEntries(entries.filter(([, text]) => text !== ''));
}

function switchesOf(fields: Fields): { readonly [name in (typeof switches)[number]]?: true } {
  const set = switches.filter((name) => booleanField(fields, name) === true);
  return Object.fromEntries(set.map((name) => [name, true as const]));
}

function notEmpty<Name extends string, Item>(
  name: Name,
  items: readonly Item[],
): { readonly [name in Name]?: readonly Item[] } {
  return (items.length === 0 ? {} : { [name]: items }) as { readonly [name in Name]?: readonly Item[] };
}

/** As `kustomize edit set image` takes them: `name:tag` or `name@digest`, or a new name after `name=`. */
function readImages(fields: Fields): readonly string[] {
  const images = stringList(fields, 'images') ?? [];
  for (const [index, image] of images.entries()) {
    const [name = '', place] = image.split('=', 2);
    const isWhole = place === undefined ? /[^:@].*[:@][^/]+$/.test(name) : name !== '' && place !== '';
    if (isWhole) continue;
    addProblem(fields, `images[${index}]`, {
      code: 'wrong-value',
      message: `The image ${JSON.stringify(image)} says neither a tag, a digest nor a new name`,
      remedy: 'Write it as name:tag, name@sha256:…, name=new-name:tag or name=new-name',
    });
  }
  return images;
}

function readReplica(fields: Fields): { readonly name: string; readonly count: number } {
  checkFields(fields, { read: ['name', 'count'] });
  return {
    name: requiredString(fields, 'name', 'Add the name of a Deployment, StatefulSet or ReplicaSet'),
    count: readCount(fields, fields.values['count']),
  };
}

/** A number, or its digits as a text, as in Kubernetes. */
function readCount(fields: Fields, value: Json | undefined): number {
  const count = typeof value === 'string' && /^[0-9]{1,9}$/.test(value) ? Number(value) : value;
  if (typeof count === 'number' && Number.isSafeInteger(count) && count >= 0) return count;
  addProblem(fields, 'count', {
    code: 'wrong-type',
    message: 'count must be how many replicas there are to be, a whole number from 0 on',
    remedy: 'Write for example count: 3',
  });
  return 0;
}

function readPatch(fields: Fields): KustomizePatch {
  checkFields(fields, { read: ['path', 'patch', 'target', 'options'] });
  const path = stringField(fields, 'path') ?? '';
  const patch = stringField(fields, 'patch') ?? '';
  if ((path === '') === (patch === '')) {
    addProblem(fields, path === '' ? '' : 'path', {
      code: path === '' ? 'missing-field' : 'wrong-value',
      message: path === '' ? 'This patch says nothing' : 'This patch has both path and patch',
      remedy: 'Write the patch itself as text after patch: | or the file that holds it after path:',
    });
  }
  return {
    ...(path === '' ? {} : { path }),
    ...(patch === '' ? {} : { patch }),
    ...readTarget(fields),
    ...readPatchOptions(fields),
  };
}

function readTarget(fields: Fields): Pick<KustomizePatch, 'target'> {
  const target = objectField(fields, 'target');
  if (target === undefined) return {};
  checkFields(target, { read: selector });
  const entries = selector.map((name) => [name, stringField(target, name) ?? ''] as const);
  return { target: Object.fromEntries(entries.filter(([, text]) => text !== '')) };
}

function readPatchOptions(fields: Fields): Pick<KustomizePatch, 'options'> {
  const options = objectField(fields, 'options');
  if (options === undefined) return {};
  checkFields(options, { read: ['allowNameChange', 'allowKindChange'] });
  const set = Object.keys(options.values).filter((name) => booleanField(options, name) === true);
  return { options: Object.fromEntries(set.map((name) => [name, true as const])) };
}
