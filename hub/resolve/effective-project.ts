import type { Location } from '../../core/problem.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { ProjectDocument } from '../catalog/documents.ts';
import { fieldLocation } from '../catalog/field-location.ts';
import { globalProjectsOf } from '../catalog/global-projects.ts';

/** A project with all that holds for its applications. */
export interface EffectiveProject extends ProjectDocument {
  /** Whose rules its lists hold, one after the other: its own, then those of the projects that it inherits from. */
  readonly parts?: readonly ProjectDocument[];
}

/** `missing`: it is to inherit from a project that isn't there, whose denials nobody knows. */
export type FoundProject =
  | { readonly type: 'found'; readonly project: EffectiveProject }
  | { readonly type: 'missing'; readonly projectName: string };

const lists = [
  'sourceRepos',
  'destinations',
  'clusterResourceWhitelist',
  'clusterResourceBlacklist',
  'namespaceResourceBlacklist',
] as const;

/**
 * Joins a project with its global projects and with the clusters that are scoped to it. As Argo CD (util/argo
 * mergeVirtualProject, GetAppProject): lists and windows are appended, also the namespaced whitelist, so that a project
 * without one (every kind) has only the kinds of the global one then; a scoped cluster is a destination with every
 * namespace. Stricter than Argo CD: an empty namespaced whitelist that is inherited allows none, so that taking its last
 * entry away doesn't allow all. The same documents give the same object.
 */
export function effectiveProject(catalog: Catalog, own: ProjectDocument): FoundProject {
  const names = globalProjectsOf(catalog.fleet, own);
  const globals: ProjectDocument[] = [];
  for (const projectName of names) {
    const global = catalog.projects.get(projectName);
    if (global === undefined) return { type: 'missing', projectName };
    globals.push(global);
  }
  const scoped = [...catalog.clusters.values()]
    .filter(({ project }) => project === own.name)
    .map(({ name }) => name)
    .sort();
  if (globals.length === 0 && scoped.length === 0) return { type: 'found', project: own };
  const before = known.get(own);
  const isSame = before !== undefined && isEqual(before.globals, globals) && isEqual(before.scoped, scoped);
  const project = isSame ? before.project : join(own, globals, scoped);
  known.set(own, { globals, scoped, project });
  return { type: 'found', project };
}

interface Known {
  readonly globals: readonly ProjectDocument[];
  readonly scoped: readonly string[];
  readonly project: EffectiveProject;
}

/** Documents are never changed, so that what they come to holds for as long as they are the same objects. */
const known = new WeakMap<ProjectDocument, Known>();

function isEqual<T>(left: readonly T[], right: readonly T[]): boolean {
  return left.length === right.length && left.every((each, index) => each === right[index]);
}

function join(
  own: ProjectDocument,
  globals: readonly ProjectDocument[],
  scoped: readonly string[],
): EffectiveProject {
  const parts = [own, ...globals];
  const joined = Object.fromEntries(lists.map((list) => [list, parts.flatMap((part) => [...part[list]])]));
  const whitelists = parts.map(({ namespaceResourceWhitelist }) => namespaceResourceWhitelist);
  const whitelist = whitelists.flatMap((each) => each ?? []);
  const windows = parts.flatMap(({ syncWindows }) => syncWindows ?? []);
  const project = { ...own, ...joined, parts };
  const implied = scoped.map((name) => ({ name: literalPattern(name), namespace: '*' }));
  return {
    ...project,
    destinations: [...project.destinations, ...implied],
    ...(whitelists.every((each) => each === undefined) ? {} : { namespaceResourceWhitelist: whitelist }),
    ...(windows.length === 0 ? {} : { syncWindows: windows }),
  };
}

function literalPattern(name: string): string {
  return name.replace(/[\\*?[\]{}!,]/g, String.raw`\$&`);
}

/** Where a rule of a project stands, also one that it inherits. */
export function ruleLocation(project: EffectiveProject, field: string): Location {
  const found = /^spec\.(\w+)\[(\d+)\](.*)$/.exec(field);
  if (project.parts === undefined || found === null) return fieldLocation(project, field);
  const [, list = '', position = '', rest = ''] = found;
  let index = Number(position);
  for (const part of project.parts) {
    const { length } =
      (part as unknown as Readonly<Record<string, readonly unknown[] | undefined>>)[list] ?? [];
    if (index < length) return fieldLocation(part, `spec.${list}[${index}]${rest}`);
    index -= length;
  }
  return fieldLocation(project, `spec.${list}`);
}
