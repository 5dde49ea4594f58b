import { isWildcard } from '../../core/glob.ts';
import type { Problem } from '../../core/problem.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { KindRule, ProjectDocument } from '../catalog/documents.ts';
import { fieldLocation } from '../catalog/field-location.ts';

/**
 * What is allowed but worth a look: patterns, and lists of denials, that let a project grow without anyone deciding it. Not problems: nothing
 * is held back by them.
 */
export function findings(catalog: Catalog): readonly Problem[] {
  return [...catalog.projects.values()].flatMap((project) => [
    ...project.sourceRepos.flatMap((pattern, index) =>
      wildcard(project, `spec.sourceRepos[${index}]`, pattern, 'repositories'),
    ),
    ...project.destinations.flatMap((entry, index) => [
      ...wildcard(project, `spec.destinations[${index}].server`, entry.server, 'clusters'),
      ...wildcard(project, `spec.destinations[${index}].name`, entry.name, 'clusters'),
      ...wildcard(project, `spec.destinations[${index}].namespace`, entry.namespace, 'namespaces'),
    ]),
    ...denialsOnly(project, 'spec.sourceRepos', project.sourceRepos, 'repository'),
    ...denialsOnly(
      project,
      'spec.destinations',
      project.destinations.map(({ server, name, namespace }) =>
        [server, name, namespace].some((pattern) => pattern?.startsWith('!') === true) ? '!' : '',
      ),
      'destination',
    ),
    ...wildcardKinds(project, 'clusterResourceWhitelist', project.clusterResourceWhitelist),
    ...wildcardKinds(project, 'namespaceResourceWhitelist', project.namespaceResourceWhitelist ?? []),
  ]);
}

/** Denials alone allow the rest, which a reader may not expect. */
function denialsOnly(
  project: ProjectDocument,
  field: string,
  entries: readonly string[],
  what: string,
): readonly Problem[] {
  if (entries.length === 0 || !entries.every((entry) => entry.startsWith('!'))) return [];
  return [
    {
      code: 'denials-only',
      message: `project ${project.name} only denies, which allows every other ${what}`,
      location: fieldLocation(project, field),
      field,
      remedy: 'Add what it needs; beside an allowance, denials only take away',
    },
  ];
}

function wildcardKinds(
  project: ProjectDocument,
  list: string,
  rules: readonly KindRule[],
): readonly Problem[] {
  return rules.flatMap(({ group, kind }, index) => {
    const pattern = isWildcard(kind) ? kind : group;
    return wildcard(project, `spec.${list}[${index}]`, pattern, 'kinds');
  });
}

function wildcard(
  project: ProjectDocument,
  field: string,
  pattern: string | undefined,
  what: string,
): readonly Problem[] {
  if (pattern === undefined || pattern.startsWith('!') || !isWildcard(pattern)) return [];
  return [
    {
      code: 'wildcard',
      message: `project ${project.name} allows ${what} by the pattern ${pattern}`,
      location: fieldLocation(project, field),
      field,
      remedy: `List the ${what} that it needs`,
    },
  ];
}
