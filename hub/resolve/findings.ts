import { isWildcard } from '../../core/glob.ts';
import type { Problem } from '../../core/problem.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { KindRule, ProjectDocument } from '../catalog/documents.ts';
import { fieldLocation } from '../catalog/field-location.ts';

/**
 * What is allowed but worth a look: patterns that let a project grow without anyone deciding it. Not problems: nothing
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
    ...wildcardKinds(project, 'clusterResourceWhitelist', project.clusterResourceWhitelist),
    ...wildcardKinds(project, 'namespaceResourceWhitelist', project.namespaceResourceWhitelist ?? []),
  ]);
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
