import { AppError } from '../../core/error.ts';
import type { ObjectWarning } from '../../core/status.ts';
import { orphanWarning } from '../drift/describe-orphans.ts';
import type { ApplicationRecord } from '../ports.ts';
import type { StoredOrphans } from '../session/orphan-store.ts';
import type { ApiContext } from './context.ts';
import { suggest } from './nearest-names.ts';

/** What was found in one namespace, with the applications that are deployed there. */
export interface OrphansOf extends StoredOrphans {
  readonly applications: readonly string[];
}

/**
 * What a project that asks has orphaned, in the namespaces that its applications are deployed to now. Throws AppError
 * `not-found` for a project that there isn't.
 */
export async function readOrphans(context: ApiContext, project: string): Promise<readonly OrphansOf[]> {
  const projects = context.control.catalog()?.projects;
  const document = projects?.get(project);
  if (document === undefined) {
    throw new AppError('not-found', 'there is no such project', {
      subject: project,
      remedy: suggest(project, [...(projects?.keys() ?? [])], 'fairlead project list'),
    });
  }
  if (document.orphanedResources === undefined) return [];
  const [stored, records] = await Promise.all([
    context.store.listOrphans(project),
    context.store.listApplications(),
  ]);
  return stored.flatMap((finds) => {
    const applications = records
      .filter((record) => record.project === project && isIn(record, finds))
      .map(({ application }) => application)
      .sort();
    return applications.length === 0 ? [] : [{ ...finds, applications }];
  });
}

/** What its project wants an application to be warned of, after the agent's own warnings. */
export async function withOrphanWarning(
  context: ApiContext,
  record: ApplicationRecord,
  warnings: readonly ObjectWarning[] = [],
): Promise<readonly ObjectWarning[]> {
  const project = context.control.catalog()?.projects.get(record.project);
  if (project?.orphanedResources?.warn !== true) return warnings;
  const stored = await context.store.listOrphans(record.project);
  const finds = stored.find((each) => isIn(record, each));
  const warning = finds === undefined ? undefined : orphanWarning(finds);
  return warning === undefined ? warnings : [...warnings, warning];
}

function isIn({ cluster, namespace }: ApplicationRecord, finds: StoredOrphans): boolean {
  return cluster === finds.cluster && namespace === finds.namespace;
}
