import { isJsonArray, isJsonObject, type Json, jsonAt, stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { displayRef, formatRef, type ObjectRef } from '../../core/object-ref.ts';
import type { ObjectFailure } from '../../core/status.ts';
import { objectFailure } from './remedies.ts';

/** The annotation of kubernetes-sigs/cli-utils, read as it means it: a list of `group/namespaces/namespace/Kind/name`. */
export const dependsOnAnnotation = 'config.kubernetes.io/depends-on';

/** An object of an application, ready to be applied. */
export interface Dependent {
  readonly key: string;
  readonly ref: ObjectRef;
  readonly annotations: Readonly<Record<string, string>>;
  readonly object: KubeObject;
  readonly wave: number;
}

/** Object → what must be healthy before it is applied; only objects that wait for something. */
export type Dependencies = ReadonlyMap<string, ReadonlySet<string>>;

/**
 * What waits for what inside of one application (engine reference §1.7): what its author wrote, and what follows from
 * the objects. A webhook configuration or an APIService is applied once the workload behind its Service is healthy,
 * since from then on requests of others depend on it; objects of a kind that is converted by a webhook of the
 * application wait for that. An inferred edge that would close a circle, or that goes to a later wave, is dropped: what
 * the author wrote wins.
 */
export function findDependencies(objects: readonly Dependent[]): Dependencies {
  const found = new Map<string, Set<string>>();
  const waves = new Map(objects.map((object) => [object.key, object.wave]));
  for (const object of objects) {
    const written = dependsOn(object)
      .refs.map(formatRef)
      .filter((key) => waves.has(key));
    if (written.length > 0) found.set(object.key, new Set(written));
  }
  const converted = convertedKinds(objects);
  for (const object of objects) {
    const services = [...servicesOf(object), ...(converted.get(kindOf(object.ref)) ?? [])];
    for (const key of services.flatMap((service) => backendOf(service, objects))) {
      const isLater = (waves.get(key) ?? object.wave) > object.wave;
      if (key === object.key || isLater || reaches(found, key, object.key)) continue;
      found.set(object.key, (found.get(object.key) ?? new Set()).add(key));
    }
  }
  return found;
}

/** How many objects must go one after another before each: 0 for what waits for nothing. There are no circles in it. */
export function findLayers(keys: readonly string[], dependencies: Dependencies): ReadonlyMap<string, number> {
  const layers = new Map<string, number>();
  const layerOf = (key: string): number => {
    const known = layers.get(key);
    if (known !== undefined) return known;
    let layer = 0;
    for (const before of dependencies.get(key) ?? []) layer = Math.max(layer, 1 + layerOf(before));
    layers.set(key, layer);
    return layer;
  };
  for (const key of keys) layerOf(key);
  return layers;
}

/** Written dependencies that can't be kept: each is a failure of the object that wrote it. */
export function checkDependencies(objects: ReadonlyMap<string, Dependent>): readonly ObjectFailure[] {
  const written = new Map<string, Set<string>>();
  const failures: ObjectFailure[] = [];
  for (const dependent of objects.values()) {
    failures.push(...checkWritten(dependent, objects));
    written.set(dependent.key, new Set(dependsOn(dependent).refs.map(formatRef)));
  }
  for (const { key, ref } of objects.values()) {
    const isCircle = [...(written.get(key) ?? [])].some((next) => reaches(written, next, key));
    if (!isCircle) continue;
    const message = `${displayRef(ref)} depends on itself by way of others`;
    const remedy = `Remove one of the ${dependsOnAnnotation} annotations`;
    failures.push(objectFailure(ref, 'dependency', message, remedy));
  }
  return failures;
}

function checkWritten(
  { ref, annotations, wave }: Dependent,
  objects: ReadonlyMap<string, Dependent>,
): readonly ObjectFailure[] {
  const { refs, unreadable } = dependsOn({ annotations });
  const fail = (message: string, remedy: string): ObjectFailure =>
    objectFailure(ref, 'dependency', `${displayRef(ref)} ${message}`, remedy);
  const unread = unreadable
    .slice(0, 1)
    .map((part) =>
      fail(
        `has ${JSON.stringify(part)} in ${dependsOnAnnotation}`,
        'Write group/namespaces/namespace/Kind/name, or group/Kind/name for what stands in no namespace',
      ),
    );
  const unkept = refs.flatMap((other) => {
    const target = objects.get(formatRef(other));
    if (target === undefined) {
      const message = `depends on ${displayRef(other)}, which isn't in this application or can't be applied`;
      return [fail(message, 'Add or mend it, or remove the dependency')];
    }
    if (target.wave <= wave) return [];
    const message = `depends on ${displayRef(other)} of the later wave ${target.wave}`;
    return [fail(message, 'Give it that wave or a later one')];
  });
  return [...unread, ...unkept];
}

function dependsOn({ annotations }: Pick<Dependent, 'annotations'>): {
  refs: readonly ObjectRef[];
  unreadable: readonly string[];
} {
  const text = annotations[dependsOnAnnotation];
  if (text === undefined) return { refs: [], unreadable: [] };
  const parts = text.split(',').map((part) => part.trim());
  const read = parts.map((part) => ({ part, ref: readReference(part) }));
  return {
    refs: read.flatMap(({ ref }) => ref ?? []),
    unreadable: read.flatMap(({ part, ref }) => (ref === undefined ? [part] : [])),
  };
}

function readReference(text: string): ObjectRef | undefined {
  const parts = text.split('/');
  const [group = '', second = '', third = '', kind = '', name = ''] = parts;
  if (parts.length === 5 && second === 'namespaces' && third !== '' && kind !== '' && name !== '') {
    return { group, kind, namespace: third, name };
  }
  if (parts.length === 3 && second !== '' && third !== '') {
    return { group, kind: second, namespace: '', name: third };
  }
  return undefined;
}

interface ServiceName {
  readonly namespace: string;
  readonly name: string;
}

/** The Services that requests of others go to once the object is there. */
function servicesOf(dependent: Dependent): readonly ServiceName[] {
  switch (dependent.ref.kind) {
    case 'MutatingWebhookConfiguration':
    case 'ValidatingWebhookConfiguration':
      return elements(dependent.object['webhooks']).flatMap((hook) =>
        serviceAt(jsonAt(hook, 'clientConfig', 'service')),
      );
    case 'APIService':
      return serviceAt(jsonAt(dependent.object, 'spec', 'service'));
    default:
      return [];
  }
}

function serviceAt(value: Json | undefined): readonly ServiceName[] {
  const namespace = stringAt(value, 'namespace');
  const name = stringAt(value, 'name');
  return namespace === undefined || name === undefined ? [] : [{ namespace, name }];
}

/** A kind, and the Services of the webhook that converts it. */
type Conversion = readonly [kind: string, services: readonly ServiceName[]];

/** Definitions are large, and packed: each is read once, and not for each pass. */
const conversions = new WeakMap<Dependent, Conversion>();

/** Kinds that a webhook converts, with its Service. */
function convertedKinds(objects: readonly Dependent[]): ReadonlyMap<string, readonly ServiceName[]> {
  const definitions = objects.filter(({ ref }) => ref.kind === 'CustomResourceDefinition');
  return new Map(definitions.map(conversionOf).filter(([, services]) => services.length > 0));
}

function conversionOf(definition: Dependent): Conversion {
  const known = conversions.get(definition);
  if (known !== undefined) return known;
  const { object } = definition;
  const group = stringAt(object, 'spec', 'group') ?? '';
  const kind = stringAt(object, 'spec', 'names', 'kind') ?? '';
  const services = serviceAt(jsonAt(object, 'spec', 'conversion', 'webhook', 'clientConfig', 'service'));
  const found: Conversion = [kindOf({ group, kind }), services];
  conversions.set(definition, found);
  return found;
}

function kindOf({ group, kind }: Pick<ObjectRef, 'group' | 'kind'>): string {
  return `${group}/${kind}`;
}

/** The Service itself and the workloads whose pods it selects, as far as the application has them. */
function backendOf({ namespace, name }: ServiceName, objects: readonly Dependent[]): readonly string[] {
  const service = objects.find(
    ({ ref }) =>
      ref.kind === 'Service' && ref.group === '' && ref.namespace === namespace && ref.name === name,
  );
  if (service === undefined) return [];
  const selector = jsonAt(service.object, 'spec', 'selector');
  if (!isJsonObject(selector) || Object.keys(selector).length === 0) return [service.key];
  const workloads = objects.filter((object) => {
    if (object.ref.namespace !== namespace) return false;
    return isSelected(jsonAt(object.object, 'spec', 'template', 'metadata', 'labels'), selector);
  });
  return [service.key, ...workloads.map((workload) => workload.key)];
}

function isSelected(labels: Json | undefined, selector: Readonly<Record<string, Json | undefined>>): boolean {
  return Object.entries(selector).every(([name, value]) => jsonAt(labels, name) === value);
}

function elements(value: Json | undefined): readonly Json[] {
  return isJsonArray(value) ? value : [];
}

function reaches(edges: ReadonlyMap<string, ReadonlySet<string>>, from: string, to: string): boolean {
  const seen = new Set<string>();
  const open = [from];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (next === to) return true;
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(edges.get(next) ?? []));
  }
  return false;
}
