import { AppError } from '../../core/error.ts';
import type { HostPort } from '../ports.ts';
import { rollbackBranch } from '../promotion/branch-name.ts';
import { rollbackText, rollbackTitle, undoneCommits } from '../promotion/describe-rollback.ts';
import type { Proposal } from '../promotion/proposal.ts';
import type { RollbackRequest } from '../promotion/rollback.ts';
import { type DraftRollbackDeps, draftRollback, type RollbackDraft } from './draft-rollback.ts';
import { propose } from './propose.ts';

export interface RollbackDeps extends DraftRollbackDeps {
  readonly hosts: HostPort;
}

/**
 * Proposes that an application's files are again what they were at an earlier entry of its history: one commit on a
 * branch of its own that touches no other path. A base that moves in the middle costs a second try. Throws AppError that
 * says what holds it back and what to do; nothing is written then.
 */
export async function rollback(
  deps: RollbackDeps,
  application: string,
  request: RollbackRequest,
  signal?: AbortSignal,
): Promise<Proposal> {
  const first = await draftRollback(deps, application, request, signal);
  try {
    return await submit(deps, request, first, signal);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
    const second = await draftRollback(deps, application, request, signal);
    if (second.workspace.commit.id === first.workspace.commit.id) throw error;
    return submit(deps, request, second, signal);
  }
}

function submit(
  deps: RollbackDeps,
  request: RollbackRequest,
  { workspace, changes, types, news, fieldChanges, secrets }: RollbackDraft,
  signal: AbortSignal | undefined,
): Promise<Proposal> {
  const { application, target } = news;
  const commits = undoneCommits(news);
  return propose(
    deps,
    {
      repoURL: workspace.url,
      base: workspace.branch,
      baseCommit: workspace.commit.id,
      branch: rollbackBranch(application, target.commit.id),
      changes,
      types,
      applications: [application],
      title: rollbackTitle(news),
      text: rollbackText(news),
      trailers: [
        ['Fairlead-Application', application],
        ...commits.map(({ id }) => ['Fairlead-Reverts', id] as const),
        ['Fairlead-Source-Commit', target.commit.id],
      ],
      author: request.author,
      fieldChanges,
      sourceCommits: commits,
      secrets,
      dryRun: request.dryRun,
    },
    signal,
  );
}
