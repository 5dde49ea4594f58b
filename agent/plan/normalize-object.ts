import { isJsonArray, isJsonObject, type Json, jsonAt } from '../../core/json.ts';
import type { KubeObject, ObjectMetadata } from '../../core/kube-object.ts';
import { groupOf } from '../../core/object-ref.ts';

/**
 * One manifest in the form that is digested and applied: without what only a server may say, and with the defaults
 * that server-side apply needs because they are part of a list's key. Equal input gives equal output, and the
 * result is a fixed point. Rules: fluxcd/pkg `ssa/normalize`, kubernetes/kubernetes#98576, #89938, #124061.
 */
export function normalizeObject(object: KubeObject): KubeObject {
  const { status: _status, ...rest } = object;
  const clean = withoutNullTimestamps(rest) as KubeObject;
  const stripped: KubeObject = { ...clean, metadata: normalizeMetadata(clean.metadata) };
  return normalizeKind(stripped);
}

const serverMembers: ReadonlySet<string> = new Set([
  'managedFields',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'selfLink',
]);

export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration';

function normalizeMetadata(metadata: ObjectMetadata): ObjectMetadata {
  const kept = Object.entries(metadata).filter(([name]) => !serverMembers.has(name));
  const next = Object.fromEntries(kept) as ObjectMetadata;
  if (next.annotations?.[lastAppliedAnnotation] === undefined) return next;
  const { [lastAppliedAnnotation]: _dropped, ...annotations } = next.annotations;
  return { ...next, annotations };
}

/** Generators of manifests write `creationTimestamp: null` wherever there is a template; the strict reader refuses it. */
function withoutNullTimestamps(value: Json): Json {
  if (isJsonArray(value)) {
    const items = value.map(withoutNullTimestamps);
    return items.every((item, index) => item === value[index]) ? value : items;
  }
  if (!isJsonObject(value)) return value;
  const members: Record<string, Json> = {};
  let isSame = true;
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined || (name === 'creationTimestamp' && member === null)) {
      isSame = false;
      continue;
    }
    members[name] = withoutNullTimestamps(member);
    isSame &&= members[name] === member;
  }
  // What is as it was is shared, not held twice.
  return isSame ? value : members;
}

function normalizeKind(object: KubeObject): KubeObject {
  const kind = `${groupOf(object.apiVersion)}/${object.kind}`;
  switch (kind) {
    case '/Secret':
      return mergeStringData(object);
    case '/Service':
      return replaceAt(object, ['spec', 'ports'], withProtocols) as KubeObject;
    case '/Pod':
      return replaceAt(object, ['spec'], withContainerProtocols) as KubeObject;
    case 'batch/CronJob':
      return replaceAt(
        object,
        ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
        withContainerProtocols,
      ) as KubeObject;
    case 'apps/Deployment':
    case 'apps/StatefulSet':
    case 'apps/DaemonSet':
    case 'apps/ReplicaSet':
    case 'batch/Job':
    case '/ReplicationController':
      return replaceAt(object, ['spec', 'template', 'spec'], withContainerProtocols) as KubeObject;
    case 'rbac.authorization.k8s.io/ClusterRole':
      return withoutAggregatedRules(object);
    case 'apiextensions.k8s.io/CustomResourceDefinition':
      return withoutPlaceholders(object, ['spec', 'conversion', 'webhook', 'clientConfig']);
    case 'apiregistration.k8s.io/APIService':
      return withoutPlaceholders(object, ['spec']);
    case 'admissionregistration.k8s.io/MutatingWebhookConfiguration':
    case 'admissionregistration.k8s.io/ValidatingWebhookConfiguration':
      return replaceAt(object, ['webhooks'], withoutPlaceholdersOfHooks) as KubeObject;
    default:
      return object;
  }
}

function replaceAt(value: Json, path: readonly string[], replace: (found: Json) => Json): Json {
  const [name, ...rest] = path;
  if (name === undefined) return replace(value);
  if (!isJsonObject(value) || value[name] === undefined) return value;
  return { ...value, [name]: replaceAt(value[name] ?? null, rest, replace) };
}

/** The API server copies `stringData` over `data` and forgets which keys it made: with `data` alone a removed key goes. */
function mergeStringData(object: KubeObject): KubeObject {
  const { stringData, ...rest } = object;
  if (!isJsonObject(stringData)) return rest as KubeObject;
  const data: Record<string, Json | undefined> = { ...(isJsonObject(rest['data']) ? rest['data'] : {}) };
  for (const [name, text] of Object.entries(stringData)) {
    data[name] = typeof text === 'string' ? encodeBase64(text) : text;
  }
  return { ...rest, data } as KubeObject;
}

function encodeBase64(text: string): string {
  let bytes = '';
  for (const byte of new TextEncoder().encode(text)) bytes += String.fromCharCode(byte);
  return btoa(bytes);
}

function withProtocols(ports: Json): Json {
  if (!isJsonArray(ports)) return ports;
  return ports.map((port) =>
    isJsonObject(port) && port['protocol'] === undefined ? { ...port, protocol: 'TCP' } : port,
  );
}

function withContainerProtocols(podSpec: Json): Json {
  if (!isJsonObject(podSpec)) return podSpec;
  const next: Record<string, Json | undefined> = { ...podSpec };
  for (const list of ['containers', 'initContainers']) {
    const containers = podSpec[list];
    if (!isJsonArray(containers)) continue;
    next[list] = containers.map((container) => replaceAt(container, ['ports'], withProtocols));
  }
  return next;
}

/** The controller fills the rules of an aggregated role: they are not ours to say. */
function withoutAggregatedRules(object: KubeObject): KubeObject {
  if (jsonAt(object, 'aggregationRule') === undefined) return object;
  const { rules: _rules, ...rest } = object;
  return rest as KubeObject;
}

/**
 * A `caBundle` that says nothing is a placeholder for what an injector fills in, most often `Cg==`, a line feed. Servers
 * refuse it in definitions since 1.31 (kubernetes/kubernetes#124061), and owning it would fight with the injector.
 */
function withoutPlaceholders(object: KubeObject, path: readonly string[]): KubeObject {
  return replaceAt(object, path, withoutPlaceholderBundle) as KubeObject;
}

function withoutPlaceholdersOfHooks(hooks: Json): Json {
  if (!isJsonArray(hooks)) return hooks;
  return hooks.map((hook) => replaceAt(hook, ['clientConfig'], withoutPlaceholderBundle));
}

function withoutPlaceholderBundle(clientConfig: Json): Json {
  if (!isJsonObject(clientConfig) || !isPlaceholder(clientConfig['caBundle'])) return clientConfig;
  const { caBundle: _placeholder, ...rest } = clientConfig;
  return rest;
}

/** Nothing at all, or white space in base64 or as it is. */
function isPlaceholder(bundle: Json | undefined): boolean {
  if (bundle === null) return true;
  if (typeof bundle !== 'string') return false;
  try {
    return atob(bundle).trim() === '';
  } catch {
    return false;
  }
}
