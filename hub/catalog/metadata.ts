import {
  addProblem,
  checkFields,
  type Fields,
  requiredObject,
  requiredString,
  stringField,
  stringList,
  stringMap,
} from './fields.ts';

export interface Metadata {
  readonly name: string;
  /** Absent where the document names none. */
  readonly namespace?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly finalizers: readonly string[];
}

/** What the API server sets and `kubectl get -o yaml` shows; it means nothing in Git. */
const setByServer = [
  'creationTimestamp',
  'deletionGracePeriodSeconds',
  'deletionTimestamp',
  'generation',
  'managedFields',
  'ownerReferences',
  'resourceVersion',
  'selfLink',
  'uid',
];

/** RFC 1123 subdomain, the rule for the names of these kinds. */
const namePattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** Reads `metadata` of a catalog document; `document` is the whole mapping. */
export function readMetadata(document: Fields): Metadata {
  const fields = requiredObject(document, 'metadata');
  checkFields(fields, {
    read: ['name', 'namespace', 'labels', 'annotations', 'finalizers'],
    ignored: setByServer,
    unsupported: { generateName: 'Give it a fixed metadata.name: its identity follows from it' },
  });
  const name = requiredString(fields, 'name', 'Add metadata.name');
  if (name !== '') checkName(fields, 'name', name, 253);
  const namespace = stringField(fields, 'namespace');
  if (namespace !== undefined && namespace !== '') checkName(fields, 'namespace', namespace, 63);
  return {
    name,
    ...(namespace === undefined || namespace === '' ? {} : { namespace }),
    labels: stringMap(fields, 'labels'),
    annotations: stringMap(fields, 'annotations'),
    finalizers: stringList(fields, 'finalizers') ?? [],
  };
}

/** Reports a name that Kubernetes wouldn't take. */
export function checkName(fields: Fields, field: string, name: string, longest: 63 | 253): void {
  const fits = name.length <= longest && namePattern.test(name) && (longest === 253 || !name.includes('.'));
  if (fits) return;
  addProblem(fields, field, {
    code: 'wrong-value',
    message: `${JSON.stringify(name)} can't be a ${field}`,
    remedy: `Use at most ${longest} lower-case letters, digits and dashes${longest === 253 ? ', in parts with dots between' : ''}`,
  });
}
