import { type GlobDialect, isGlob } from '../../core/glob.ts';
import { patternProblem } from './check-pattern.ts';
import type { KindRule, ProjectDocument } from './documents.ts';
import {
  addProblem,
  booleanField,
  checkFields,
  type Fields,
  objectList,
  requiredObject,
  stringField,
  stringList,
} from './fields.ts';
import { readMetadata } from './metadata.ts';
import { readProjectImagePolicy } from './parse-image-policy.ts';
import { readOrphanedResources } from './parse-orphaned-resources.ts';
import { readProjectMode } from './parse-project-mode.ts';
import { readProjectRoles } from './parse-project-roles.ts';
import { readSignaturePolicies } from './parse-signature-policies.ts';
import { readSyncWindows } from './parse-sync-windows.ts';

const specFields = {
  read: [
    'description',
    'sourceRepos',
    'destinations',
    'clusterResourceWhitelist',
    'clusterResourceBlacklist',
    'namespaceResourceWhitelist',
    'namespaceResourceBlacklist',
    'syncWindows',
    'orphanedResources',
    'roles',
    'permitOnlyProjectScopedClusters',
    'signatureKeys',
    'sourceIntegrity',
  ],
  ignored: ['sourceNamespaces'],
  unsupported: {
    destinationServiceAccounts: "Remove it; limit the agent's own rights in the cluster instead",
  },
};

/** Argo CD's `AppProject`. Fields that would restrict and aren't supported are problems, never left out. */
export function parseProject(document: Fields): ProjectDocument {
  checkFields(document, { read: ['apiVersion', 'kind', 'metadata', 'spec'], ignored: ['status'] });
  const metadata = readMetadata(document);
  const spec = requiredObject(document, 'spec');
  checkFields(spec, specFields);
  const namespaceResourceWhitelist = readKindRules(spec, 'namespaceResourceWhitelist');
  const windows = readSyncWindows(spec);
  const orphanedResources = readOrphanedResources(spec);
  const signatures = readSignaturePolicies(spec);
  const roles = readProjectRoles(spec, metadata.name);
  return {
    kind: 'AppProject',
    name: metadata.name,
    ...(Object.keys(metadata.labels).length === 0 ? {} : { labels: metadata.labels }),
    description: stringField(spec, 'description') ?? '',
    sourceRepos: readSourceRepos(spec),
    destinations: (objectList(spec, 'destinations') ?? []).map(readDestination),
    clusterResourceWhitelist: readKindRules(spec, 'clusterResourceWhitelist', 'name') ?? [],
    clusterResourceBlacklist: readKindRules(spec, 'clusterResourceBlacklist', 'name') ?? [],
    ...(namespaceResourceWhitelist === undefined ? {} : { namespaceResourceWhitelist }),
    namespaceResourceBlacklist: readKindRules(spec, 'namespaceResourceBlacklist') ?? [],
    ...(windows.length === 0 ? {} : { syncWindows: windows }),
    ...(orphanedResources === undefined ? {} : { orphanedResources }),
    ...(roles.length === 0 ? {} : { roles }),
    ...(booleanField(spec, 'permitOnlyProjectScopedClusters') === true
      ? { permitOnlyProjectScopedClusters: true }
      : {}),
    ...(signatures.length === 0 ? {} : { signatures }),
    ...readProjectImagePolicy(document, metadata),
    ...readProjectMode(document, metadata),
    location: document.document.location,
    fieldLines: document.document.fieldLines,
  };
}

function readSourceRepos(spec: Fields): readonly string[] {
  const patterns = stringList(spec, 'sourceRepos') ?? [];
  patterns.forEach((pattern, index) => {
    checkPattern(spec, `sourceRepos[${index}]`, pattern, 'repository');
  });
  return patterns;
}

function readDestination(fields: Fields): ProjectDocument['destinations'][number] {
  const names = ['server', 'name', 'namespace'] as const;
  checkFields(fields, { read: names });
  const entries = names.flatMap((name) => {
    const pattern = stringField(fields, name);
    if (pattern === undefined || pattern === '') return [];
    checkPattern(fields, name, pattern, 'name');
    return [[name, pattern] as const];
  });
  return Object.fromEntries(entries);
}

/** `names` says whether the list may also restrict by the object's name: only the cluster lists may, as in Argo CD. */
function readKindRules(spec: Fields, list: string, names?: 'name'): readonly KindRule[] | undefined {
  return objectList(spec, list)?.map((fields) => {
    checkFields(fields, { read: ['group', 'kind', ...(names === undefined ? [] : [names])] });
    const group = stringField(fields, 'group') ?? '';
    const kind = stringField(fields, 'kind') ?? '';
    checkPattern(fields, 'group', group, 'kind');
    checkPattern(fields, 'kind', kind, 'kind');
    const name = names === undefined ? '' : (stringField(fields, names) ?? '');
    if (name === '') return { group, kind };
    checkPattern(fields, 'name', name, 'kind');
    return { group, kind, name };
  });
}

function checkPattern(fields: Fields, name: string, pattern: string, dialect: GlobDialect): void {
  const denies = dialect !== 'kind' && pattern.startsWith('!');
  if (denies && pattern === '!*') {
    addProblem(fields, name, {
      code: 'wrong-value',
      message: "'!*' denies everything, which Argo CD doesn't accept either",
      remedy: 'Remove the entry, or deny less',
    });
  } else if (!isGlob(denies ? pattern.slice(1) : pattern, dialect)) {
    addProblem(fields, name, patternProblem(pattern));
  }
}
