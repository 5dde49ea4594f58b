import { applicationLabel, noteAnnotation, ownerAnnotation } from '../../core/tracking.ts';
import type { ApplicationDocument, ApplicationInfo, Destination } from './documents.ts';
import {
  addProblem,
  checkFields,
  type Fields,
  objectList,
  requiredObject,
  requiredString,
  stringField,
} from './fields.ts';
import { checkName, type Metadata, readMetadata } from './metadata.ts';
import { normaliseServer } from './parse-cluster.ts';
import { parseIgnoreDifferences } from './parse-ignore-differences.ts';
import { parseSources } from './parse-sources.ts';
import { parseSyncPolicy } from './parse-sync-policy.ts';

const specFields = {
  read: ['project', 'source', 'sources', 'destination', 'syncPolicy', 'ignoreDifferences', 'info'],
  ignored: ['revisionHistoryLimit'],
  unsupported: {
    sourceHydrator: 'Point spec.source at the hydrated branch and path',
  },
};

/** Where an Application that names no namespace lives in Argo CD's default installation. */
export const defaultNamespace = 'argocd';

const resourcesFinalizers = ['', '/foreground', '/background'].map(
  (suffix) => `resources-finalizer.argocd.argoproj.io${suffix}`,
);

/** On an Application: its removal from Git must not delete, or only once a person has confirmed it. */
const keepsOnRemoval = /(^|,)\s*(Prune|Delete)=(false|confirm)\s*(,|$)/;

/** Argo CD's `Application`. Each field is read, known to change nothing, or a problem: docs/argo-cd-compatibility.md. */
export function parseApplication(document: Fields): ApplicationDocument {
  checkFields(document, {
    read: ['apiVersion', 'kind', 'metadata', 'spec'],
    ignored: ['status'],
    unsupported: { operation: 'Remove it, and ask for a sync with fairlead app sync NAME' },
  });
  const metadata = readMetadata(document);
  checkAnnotations(document, metadata);
  const spec = requiredObject(document, 'spec');
  checkFields(spec, specFields);
  const { keepOnRemoval, ...policy } = parseSyncPolicy(spec);
  const ignoreDifferences = parseIgnoreDifferences(spec);
  const info = (objectList(spec, 'info') ?? []).map(parseInfo);
  const owner = metadata.annotations[ownerAnnotation];
  const note = metadata.annotations[noteAnnotation];
  const commonName = metadata.labels[applicationLabel];
  const keeps =
    keepOnRemoval || keepsOnRemoval.test(metadata.annotations['argocd.argoproj.io/sync-options'] ?? '');
  return {
    kind: 'Application',
    namespace: metadata.namespace ?? defaultNamespace,
    name: metadata.name,
    deletesOnRemoval:
      !keeps && metadata.finalizers.some((finalizer) => resourcesFinalizers.includes(finalizer)),
    ...(owner === undefined ? {} : { owner }),
    ...(note === undefined ? {} : { note }),
    ...(info.length === 0 ? {} : { info }),
    ...(commonName === undefined ? {} : { commonName }),
    project: requiredString(spec, 'project', 'Add spec.project with the name of an AppProject'),
    sources: parseSources(spec),
    destination: parseDestination(requiredObject(spec, 'destination')),
    ...policy,
    ...(ignoreDifferences.length === 0 ? {} : { ignoreDifferences }),
    location: document.document.location,
    fieldLines: document.document.fieldLines,
  };
}

function parseInfo(fields: Fields): ApplicationInfo {
  checkFields(fields, { read: ['name', 'value'] });
  return {
    name: requiredString(fields, 'name', 'Name what it tells'),
    value: stringField(fields, 'value') ?? '',
  };
}

function checkAnnotations(document: Fields, metadata: Metadata): void {
  if (metadata.annotations['argocd.argoproj.io/skip-reconcile'] !== 'true') return;
  addProblem(document, 'metadata', {
    code: 'unsupported-field',
    message: "The annotation argocd.argoproj.io/skip-reconcile isn't supported yet",
    remedy: 'Remove spec.syncPolicy.automated instead: Fairlead then only reports',
  });
}

function parseDestination(fields: Fields): Destination {
  checkFields(fields, { read: ['server', 'name', 'namespace'] });
  const server = stringField(fields, 'server') ?? '';
  const name = stringField(fields, 'name') ?? '';
  const namespace = stringField(fields, 'namespace') ?? '';
  if (namespace !== '') checkName(fields, 'namespace', namespace, 63);
  if ((server === '') === (name === '')) {
    addProblem(fields, server === '' ? 'name' : 'server', {
      code: server === '' ? 'missing-field' : 'wrong-value',
      message:
        server === '' ? 'The destination names no cluster' : 'The destination names a cluster in two ways',
      remedy: "Give it either name, a Cluster document's name, or server, one of its addresses",
    });
  }
  return { ...(server === '' ? { name } : { server: normaliseServer(server) }), namespace };
}
