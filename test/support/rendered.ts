import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { parseAllDocuments } from 'yaml';
import { partOf, partOfLabel } from '../../core/tracking.ts';
import type { KubeClient, KubeObject, ObjectName } from '../clusters/kube-client.ts';
import type { FleetRig } from './fleet-rig.ts';

const run = promisify(execFile);

/** One object as the tool wrote it, read by nothing of the product. */
export interface Rendered {
  readonly text: string;
  readonly object: KubeObject;
}

/** What an application's source must be rendered to, by the tool itself. */
export type Source =
  | { readonly tool: 'kustomize'; readonly path: string }
  | {
      readonly tool: 'helm';
      readonly path: string;
      readonly release: string;
      readonly namespace: string;
      readonly values: string;
    };

/** Renders a source of the fleet repository's newest commit; hooks and tests of a chart are left out. */
export async function renderSource(rig: FleetRig, source: Source): Promise<readonly Rendered[]> {
  const path = join(await rig.checkout(), source.path);
  const { stdout } =
    source.tool === 'kustomize'
      ? await run(rig.tools.kustomize, ['build', path])
      : await run(rig.tools.helm, [
          ...['template', source.release, path, '--namespace', source.namespace],
          ...['--values', join(path, source.values), '--no-hooks', '--skip-tests'],
        ]);
  const texts = stdout.split(/^---\n/m).filter((text) => text.replaceAll(/^#.*$/gm, '').trim() !== '');
  return texts.map((text) => {
    const [document] = parseAllDocuments(text);
    return { text, object: document?.toJS() as KubeObject };
  });
}

/** `HorizontalPodAutoscaler dev/backend`. */
export function nameOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.namespace ?? ''}/${metadata.name}`;
}

export function placeOf({ apiVersion, kind, metadata }: KubeObject): ObjectName {
  return { apiVersion, kind, name: metadata.name, namespace: metadata.namespace };
}

/**
 * What applying the rendered text once more would change, as far as the API server can tell: quantities, defaults and
 * types are its own affair. Empty where every field is live with its value; an object that isn't there is named.
 */
export async function missingLive(
  client: KubeClient,
  rendered: readonly Rendered[],
): Promise<readonly string[]> {
  const missing = await Promise.all(
    rendered.map(async ({ text, object }) => {
      const place = placeOf(object);
      const live = await client.find(place);
      if (live === undefined) return [`${nameOf(object)} is not there`];
      const query = 'fieldManager=reader&force=true&dryRun=All&fieldValidation=Strict';
      const path = `${await client.path(place)}?${query}`;
      const applied = await client.request('PATCH', path, text, 'application/apply-patch+yaml');
      return differences(content(applied), content(live), nameOf(object));
    }),
  );
  return missing.flat();
}

function content({ status: _status, metadata, ...rest }: KubeObject): KubeObject {
  const { managedFields: _fields, resourceVersion: _version, ...meta } = metadata;
  return { ...rest, metadata: meta };
}

function differences(wanted: unknown, live: unknown, path: string): readonly string[] {
  if (!isObject(wanted) || !isObject(live)) {
    return Object.is(wanted, live) ? [] : [`${path}: ${JSON.stringify(live)}, not ${JSON.stringify(wanted)}`];
  }
  const keys = new Set([...Object.keys(wanted), ...Object.keys(live)]);
  return [...keys].flatMap((key) => differences(wanted[key], live[key], `${path}.${key}`));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** `apiVersion kind` of everything that some application of a test has. */
const kinds = [
  'v1 ConfigMap',
  'v1 Namespace',
  'v1 PersistentVolumeClaim',
  'v1 Secret',
  'v1 Service',
  'v1 ServiceAccount',
  'apps/v1 Deployment',
  'apps/v1 StatefulSet',
  'autoscaling/v2 HorizontalPodAutoscaler',
  'batch/v1 CronJob',
  'networking.k8s.io/v1 Ingress',
  'networking.k8s.io/v1 NetworkPolicy',
  'policy/v1 PodDisruptionBudget',
];

/** Every live object that belongs to an application, or to any, by its name. */
export async function readOwned(
  client: KubeClient,
  application?: string,
): Promise<ReadonlyMap<string, KubeObject>> {
  const label = application === undefined ? partOfLabel : `${partOfLabel}=${partOf(application)}`;
  const query = `labelSelector=${encodeURIComponent(label)}`;
  const owned = new Map<string, KubeObject>();
  for (const each of kinds) {
    const [apiVersion = '', kind = ''] = each.split(' ');
    for (const object of await client.list(apiVersion, kind, undefined, query))
      owned.set(nameOf({ ...object, kind }), object);
  }
  return owned;
}

/** Which object each name is now: another uid is another object. */
export function uidsOf(owned: ReadonlyMap<string, KubeObject>): ReadonlyMap<string, string> {
  return new Map([...owned].map(([name, { metadata }]) => [name, metadata.uid]));
}

/** In which state each object is now: any write changes it. */
export function versionsOf(owned: ReadonlyMap<string, KubeObject>): ReadonlyMap<string, string> {
  return new Map([...owned].map(([name, { metadata }]) => [name, metadata.resourceVersion]));
}
