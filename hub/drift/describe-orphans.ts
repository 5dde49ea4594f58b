import type { OrphanFinds } from '../../core/orphans.ts';
import type { ObjectWarning } from '../../core/status.ts';

const named = 3;

/** What an application is warned of where its project asks; `undefined` where there is nothing. */
export function orphanWarning({
  project,
  namespace,
  objects,
  total,
}: OrphanFinds): ObjectWarning | undefined {
  if (total === 0) return undefined;
  const names = objects.slice(0, named).map(({ kind, name }) => `${kind} ${name}`);
  const others = total - names.length;
  const list = [...names, ...(others > 0 ? [`${others} more`] : [])].join(', ');
  return {
    ref: { group: '', kind: 'Namespace', namespace: '', name: namespace },
    code: 'orphaned-resources',
    message: `${total === 1 ? '1 object in it belongs' : `${total} objects in it belong`} to no application: ${list}`,
    remedy:
      `\`fairlead project orphans ${project}\` lists them. Put into Git what is wanted, delete what isn't, ` +
      "or name it in the project's orphanedResources.ignore",
  };
}
