import { formatLocation, type Problem } from '../../core/problem.ts';
import type { Catalog } from './catalog.ts';
import type { Located, ProjectDocument, Signer } from './documents.ts';
import { fieldLocation } from './field-location.ts';

/** What documents name and isn't there: projects of Fleet and Cluster documents, signers of projects. */
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
    ...[...projects.values()].flatMap((project) => unknownSigners(project, fleet?.signers ?? [])),
  ];
}

/** Keys that no signer of the fleet has. Whose a GPG key is, only a look into it tells: any of them will do here. */
function unknownSigners(project: ProjectDocument, signers: readonly Signer[]): readonly Problem[] {
  const isKnown = (key: string): boolean =>
    signers.some(({ name, type, key: own }) => {
      if (key.startsWith('SHA256:')) return own === key;
      return name === key || (type === 'gpg' && /^[0-9A-Fa-f]{16,}$/.test(key));
    });
  return (project.signatures ?? []).flatMap(({ keys, field }) =>
    keys
      .filter((key) => !isKnown(key))
      .map((key) => ({
        code: 'unknown-signer',
        message: `No signer of the Fleet document has the key ${key}, so nothing is taken that only it has signed`,
        location: fieldLocation(project, field),
        field,
        remedy:
          'Add the public key to spec.signers of the Fleet document, or correct the name, id or fingerprint',
      })),
  );
}
