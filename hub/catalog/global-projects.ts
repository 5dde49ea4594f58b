import type { FleetDocument, ProjectDocument } from './documents.ts';
import { selectsLabels } from './label-selector.ts';

/**
 * The projects whose rules a project inherits, by name, in the order of `globalProjects`. As Argo CD
 * (util/argo GetGlobalProjects): those whose selector its labels fit, never itself; what these inherit isn't passed on.
 */
export function globalProjectsOf(
  fleet: Pick<FleetDocument, 'globalProjects'> | undefined,
  { name, labels }: Pick<ProjectDocument, 'name' | 'labels'>,
): readonly string[] {
  return (fleet?.globalProjects ?? [])
    .filter(
      ({ projectName, labelSelector }) => projectName !== name && selectsLabels(labelSelector, labels ?? {}),
    )
    .map(({ projectName }) => projectName);
}
