import { AppError } from '../../core/error.ts';
import { displayRef, formatRef, type ObjectRef, parseRef } from '../../core/object-ref.ts';
import type { Context } from '../context.ts';

/** What an application is made of, as far as a name needs it. */
export interface NamedIn {
  readonly application: string;
  readonly namespace: string;
  readonly objects: readonly { readonly ref: ObjectRef }[];
}

/** Kinds that Kubernetes makes of an application's objects and that Git doesn't name, and the short names of kubectl. */
const wellKnown: readonly (readonly [group: string, kind: string, ...names: string[]])[] = [
  ['', 'Pod', 'po'],
  ['', 'PersistentVolumeClaim', 'pvc'],
  ['', 'Service', 'svc'],
  ['', 'ConfigMap', 'cm'],
  ['', 'Secret'],
  ['apps', 'Deployment', 'deploy'],
  ['apps', 'ReplicaSet', 'rs'],
  ['apps', 'StatefulSet', 'sts'],
  ['apps', 'DaemonSet', 'ds'],
  ['apps', 'ControllerRevision'],
  ['batch', 'Job'],
  ['batch', 'CronJob', 'cj'],
  ['networking.k8s.io', 'Ingress', 'ing'],
  ['discovery.k8s.io', 'EndpointSlice'],
];

/** Reads what the hub knows of the application and finds an object in it. Throws AppError with the names that it could be. */
export async function findObject(context: Context, key: string, text: string): Promise<string> {
  const { unwrap } = await import('../client/open-client.ts');
  const params = { path: { key } };
  const app = await unwrap(context.client.GET('/api/v1/applications/{key}', { params }));
  return formatRef(resolveObject(text, app));
}

/**
 * The object that a person named: `web`, `deployment/web`, `po/shop/web-1` with its namespace, or
 * `group/Kind:namespace/name` whole. One that the application doesn't have in Git is taken to stand in its namespace.
 */
export function resolveObject(text: string, app: NamedIn): ObjectRef {
  const whole = parseRef(text);
  if (whole !== undefined) return whole;
  const parts = text.split('/');
  const name = parts.at(-1) ?? '';
  const kind = parts.length > 1 ? parts[0] : undefined;
  const namespace = parts.length > 2 ? parts[1] : undefined;
  if (parts.includes('') || parts.length > 3) throw unknown(text, app);
  const own = app.objects
    .map(({ ref }) => ref)
    .filter((ref) => ref.name === name)
    .filter((ref) => kind === undefined || isCalled(ref.group, ref.kind, kind))
    .filter((ref) => namespace === undefined || ref.namespace === namespace);
  const [first, ...others] = own;
  if (first !== undefined && others.length === 0) return first;
  if (others.length > 0) {
    throw new AppError('conflict', `${own.length} objects of ${app.application} are called so`, {
      subject: text,
      remedy: `Name one of them whole: ${own.map(formatRef).join(', ')}`,
    });
  }
  const known =
    kind === undefined ? undefined : wellKnown.find(([group, each]) => isCalled(group, each, kind));
  if (known === undefined) throw unknown(text, app);
  return { group: known[0], kind: known[1], namespace: namespace ?? namespaceOf(text, app), name };
}

/** As kubectl takes kinds: any case, one or many, or short. */
function isCalled(group: string, kind: string, text: string): boolean {
  const [called, ...rest] = text.toLowerCase().split('.');
  if (rest.length > 0 && rest.join('.') !== group) return false;
  const [, , ...short] = wellKnown.find(([own, each]) => own === group && each === kind) ?? ['', ''];
  const one = kind.toLowerCase();
  return [one, `${one}s`, `${one}es`, ...short].includes(called ?? '');
}

function namespaceOf(text: string, { application, namespace, objects }: NamedIn): string {
  const all = new Set(objects.map(({ ref }) => ref.namespace).filter((each) => each !== ''));
  const [only = namespace] = all;
  if (all.size <= 1) return only;
  throw new AppError(
    'invalid',
    `${application} has objects in several namespaces: ${[...all].sort().join(', ')}`,
    {
      subject: text,
      remedy: 'Say in which one: KIND/NAMESPACE/NAME',
    },
  );
}

function unknown(text: string, { application, objects }: NamedIn): AppError {
  const some = objects.slice(0, 5).map(({ ref }) => displayRef(ref));
  const which = some.length === 0 ? '' : `, such as ${some.join(', ')}`;
  return new AppError('not-found', `${application} has no such object`, {
    subject: text,
    remedy: `Write it as KIND/NAME or KIND/NAMESPACE/NAME. \`fairlead app tree ${application}\` lists what there is${which}`,
  });
}
