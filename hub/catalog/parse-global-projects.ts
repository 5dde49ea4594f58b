import type { GlobalProject } from './documents.ts';
import { checkFields, type Fields, objectList, requiredString } from './fields.ts';
import { readLabelSelector } from './label-selector.ts';

/** `spec.globalProjects` of the fleet: argocd-cm's setting of that name, with its fields. */
export function readGlobalProjects(spec: Fields): readonly GlobalProject[] {
  return (objectList(spec, 'globalProjects') ?? []).map((fields) => {
    checkFields(fields, { read: ['projectName', 'labelSelector'] });
    return {
      projectName: requiredString(fields, 'projectName', 'Name the AppProject whose rules are inherited'),
      labelSelector: readLabelSelector(fields, 'labelSelector'),
    };
  });
}
