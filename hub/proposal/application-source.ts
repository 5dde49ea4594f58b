import { isDeepStrictEqual } from 'node:util';
import { AppError } from '../../core/error.ts';
import type { Source } from '../catalog/documents.ts';
import { parseFile } from '../catalog/parse-file.ts';
import { repositoryPath } from '../catalog/repository-path.ts';
import { type FleetConfig, protectedPrefix } from '../fleet-files.ts';
import type { Assignment } from '../resolve/assignment.ts';
import type { Workspace } from './workspaces.ts';

/** The sources of an Application as some content of its file has them; `undefined` where that can't be read. */
export function sourcesIn(
  content: Uint8Array,
  { application, document }: Assignment,
  fleet: FleetConfig,
): readonly Source[] | undefined {
  const protectedPath = repositoryPath(protectedPrefix(fleet)) ?? '';
  const text = new TextDecoder().decode(content);
  for (const each of parseFile(document.location.file, '', text, protectedPath).documents) {
    if (each.kind === 'Application' && `${each.namespace}/${each.name}` === application) return each.sources;
  }
  return undefined;
}

/** Throws AppError `conflict` where the newest commit says otherwise than the hub's last pass read, or can't be read. */
export async function checkFresh(
  assignment: Assignment,
  workspace: Workspace,
  fleet: FleetConfig,
): Promise<void> {
  const oid = workspace.source.tree.get(assignment.document.location.file)?.oid;
  const content = oid === undefined ? undefined : (await workspace.source.read([oid])).get(oid);
  const sources = content === undefined ? undefined : sourcesIn(content, assignment, fleet);
  if (isDeepStrictEqual(sources, assignment.sources)) return;
  const commit = workspace.commit.id.slice(0, 7);
  if (sources === undefined) {
    const { file } = assignment.document.location;
    throw new AppError('conflict', `its Application document can't be read in ${file} of commit ${commit}`, {
      subject: assignment.application,
      remedy: 'Mend the file or bring the document back first; `fairlead validate` names the line',
    });
  }
  throw new AppError(
    'conflict',
    `its Application document is another one in commit ${commit}, which the hub has not read yet`,
    {
      subject: assignment.application,
      remedy: 'Ask again in a moment; `fairlead doctor` says what keeps the hub from reading it',
    },
  );
}
