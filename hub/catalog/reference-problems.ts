import { formatLocation, type Problem } from '../../core/problem.ts';
import type { Catalog } from './catalog.ts';
import type { Located } from './documents.ts';
import { fieldLocation } from './field-location.ts';

/** Projects that a Fleet or Cluster document names and that aren't there. */
export function referenceProblems({
  fleet,
  projects,
  clusters,
}: Pick<Catalog, 'fleet' | 'projects' | 'clusters'>): readonly Problem[] {
  const known = [...projects.keys()].sort().join(', ') || 'none yet';
  const missing = (document: Located, field: string, name: string, effect: string): readonly Problem[] => {
    if (projects.has(name)) return [];
    const location = fieldLocation(document, field);
    return [
      {
        code: 'unknown-project',
        message: `There is no AppProject called ${name}, ${effect}`,
        location,
        field,
        remedy: `Add it below the protected path, or correct the name at ${formatLocation(location)}; known projects are: ${known}`,
      },
    ];
  };
  return [
    ...(fleet?.globalProjects ?? []).flatMap(({ projectName }, index) =>
      missing(
        fleet as Located,
        `spec.globalProjects[${index}].projectName`,
        projectName,
        'so applications of the projects that would inherit from it are refused',
      ),
    ),
    ...[...clusters.values()].flatMap((cluster) =>
      cluster.project === undefined
        ? []
        : missing(cluster, 'spec.project', cluster.project, `which cluster ${cluster.name} is scoped to`),
    ),
  ];
}
