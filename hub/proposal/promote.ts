import { AppError } from '../../core/error.ts';
import type { HostPort } from '../ports.ts';
import { promotionBranch } from '../promotion/branch-name.ts';
import { type PromotionNews, textOf, titleOf } from '../promotion/describe.ts';
import type { PromotionRequest } from '../promotion/promotion.ts';
import type { FieldChange, Proposal } from '../promotion/proposal.ts';
import { draftPromotion } from './draft-promotion.ts';
import type { Draft, DraftDeps } from './promotion-session.ts';
import { propose } from './propose.ts';

export interface PromoteDeps extends DraftDeps {
  readonly hosts: HostPort;
}

/**
 * Proposes that one environment runs what another one runs: the smallest edits of the target's own files, proven by
 * rendering, as one commit on a branch of its own. A base that moves in the middle costs a second try. Throws AppError
 * that says what holds it back and what to do; nothing is written then.
 */
export async function promote(
  deps: PromoteDeps,
  request: PromotionRequest,
  signal?: AbortSignal,
): Promise<Proposal> {
  const first = await draftPromotion(deps, request, signal);
  try {
    return await submit(deps, request, first, signal);
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'conflict') throw error;
    const second = await draftPromotion(deps, request, signal);
    if (second.workspace.commit.id === first.workspace.commit.id) throw error;
    return submit(deps, request, second, signal);
  }
}

async function submit(
  deps: PromoteDeps,
  request: PromotionRequest,
  { news, workspace, files, secrets }: Draft,
  signal: AbortSignal | undefined,
): Promise<Proposal> {
  const { name, from, to, applications, sourceCommits } = news;
  return propose(
    deps,
    {
      repoURL: workspace.url,
      base: workspace.branch,
      baseCommit: workspace.commit.id,
      branch: promotionBranch(name, to, files),
      changes: files,
      applications,
      title: titleOf(news),
      text: textOf(news),
      trailers: [
        ...applications.map((application) => ['Fairlead-Application', application] as const),
        ['Fairlead-Promoted-From', from] as const,
        ...sourceCommits.map(({ id }) => ['Fairlead-Source-Commit', id] as const),
      ],
      author: request.author,
      fieldChanges: fieldChangesOf(news),
      sourceCommits,
      secrets,
      dryRun: request.dryRun,
    },
    signal,
  );
}

function fieldChangesOf({ changes, pins }: PromotionNews): readonly FieldChange[] {
  return [
    ...pins.map(({ field, before, after }) => ({ field, before, after })),
    ...changes.map(({ ref, list, container, before, after }) => ({
      ref,
      field: `${list}[name=${container}].image`,
      before,
      after,
    })),
  ];
}
