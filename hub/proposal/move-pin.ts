import { AppError } from '../../core/error.ts';
import type { Manifest } from '../../core/kube-object.ts';
import { formatRef, parseRef } from '../../core/object-ref.ts';
import { formatProblem } from '../../core/problem.ts';
import { gitRevision } from '../catalog/tag-range.ts';
import { parseVersionRange } from '../catalog/version-range.ts';
import { parseRevision } from '../git/revision.ts';
import type { RenderPort, StorePort } from '../ports.ts';
import { compareRenders } from '../promotion/compare-renders.ts';
import type { PinMove } from '../promotion/describe.ts';
import { findDocument } from '../promotion/find-document.ts';
import { type ImageChange, matchImages, type Side } from '../promotion/match-images.ts';
import { placesOf, replaceText } from '../promotion/scalar-text.ts';
import { nodeAt, type TextEdit } from '../promotion/yaml-file.ts';
import { imagesOf } from '../resolve/images-of.ts';
import { normaliseGitUrl } from '../resolve/normalise-git-url.ts';
import { onlySource } from './only-source.ts';
import type { PromotionSource } from './promotion-source.ts';
import { type PromotionTarget, prepareTarget, renderStored } from './promotion-target.ts';
import type { Workspace, Workspaces } from './workspaces.ts';

interface MoveDeps {
  readonly store: StorePort;
  readonly render: RenderPort;
  readonly workspaces: Workspaces;
  readonly fleet: Workspace;
  readonly signal: AbortSignal | undefined;
}

/** A target whose Application names a tag or a commit: it changes by naming another one. */
export interface PinnedTarget extends Pick<PromotionTarget, 'assignment' | 'capabilities'> {
  readonly words: readonly string[];
}

export type MovedPin =
  | { readonly type: 'unchanged' }
  | {
      readonly type: 'moved';
      readonly move: PinMove;
      readonly changes: readonly ImageChange[];
      /** What it renders to, before and after. */
      readonly manifests: readonly Manifest[];
      readonly file: string;
      readonly edit: TextEdit;
      readonly text: string;
    };

/**
 * Moves a pin to the revision that the source runs, where both read the same repository, and proves that the target
 * then runs the source's images. Throws AppError `invalid` where that isn't so.
 */
export async function movePin(
  deps: MoveDeps,
  target: PinnedTarget,
  source: PromotionSource,
  side: Side,
): Promise<MovedPin> {
  const { assignment } = target;
  const { record } = source;
  const own = onlySource(assignment);
  const { repoURL, targetRevision: pinned } = own;
  if (normaliseGitUrl(record.repoURL) !== normaliseGitUrl(repoURL))
    throw wrongPin(target, `${record.application} reads another repository`);
  if (parseVersionRange(pinned) !== undefined)
    throw wrongPin(target, 'it follows a range of versions, and takes the newest by itself');
  const wanted = await wantedRevision(deps.workspaces, source);
  const before = await deps.workspaces.revision(repoURL, gitRevision(own));
  const after = await deps.workspaces.revision(repoURL, wanted);
  if (before.commit.id === after.commit.id) return { type: 'unchanged' };
  const old = await renderAt(deps, target, before.source, pinned);
  const young = await renderAt(deps, target, after.source, wanted);
  const left = matchImages(side, { images: imagesOf(young), words: target.words }).changes;
  if (left.length > 0) {
    const [first] = left;
    throw wrongPin(
      target,
      `at ${wanted} container ${first?.container} would run ${first?.before} and not ${first?.after}`,
    );
  }
  const { changes } = matchImages(side, { images: imagesOf(old), words: target.words });
  const refs = new Set(compareRenders(old, young, changes).others.map(({ ref }) => formatRef(ref)));
  const objects = [...refs].flatMap((text) => parseRef(text) ?? []);
  const move = {
    application: assignment.application,
    cluster: assignment.cluster,
    what: 'revision',
    field: 'spec.source.targetRevision',
    before: pinned,
    after: wanted,
    objects,
  };
  const manifests = [...old, ...young];
  return { type: 'moved', move, changes, manifests, ...(await editPin(deps.fleet, target, wanted)) };
}

/** A tag or commit as the source names it; the commit that it runs where it follows a branch. */
async function wantedRevision(workspaces: Workspaces, { record }: PromotionSource): Promise<string> {
  const { targetRevision, repoURL, commit, sourceCommits } = record;
  if (parseVersionRange(targetRevision) !== undefined)
    return sourceCommits?.[0]?.resolved ?? commit?.id ?? targetRevision;
  if (parseRevision(targetRevision).type === 'commit') return targetRevision;
  const isBranch =
    targetRevision === 'HEAD' || (await workspaces.branch(repoURL, targetRevision)) !== undefined;
  return isBranch ? (commit?.id ?? targetRevision) : targetRevision;
}

async function renderAt(
  deps: MoveDeps,
  target: PinnedTarget,
  source: Workspace['source'],
  revision: string,
): Promise<PromotionTarget['manifests']> {
  const prepared = await prepareTarget(deps.render, target, source);
  const rendered = prepared.type === 'ready' ? await renderStored(deps, prepared, deps.signal) : prepared;
  if (rendered.type === 'rendered') return rendered.manifests;
  const [problem] = rendered.problems;
  throw wrongPin(
    target,
    `at ${revision} it can't be rendered: ${problem === undefined ? 'no reason is known' : formatProblem(problem)}`,
  );
}

async function editPin(
  fleet: Workspace,
  { assignment }: PinnedTarget,
  revision: string,
): Promise<{ readonly file: string; readonly edit: TextEdit; readonly text: string }> {
  const { file } = assignment.document.location;
  const oid = fleet.source.tree.get(file)?.oid ?? '';
  const content = oid === '' ? undefined : (await fleet.source.read([oid])).get(oid);
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(content);
  const [namespace = ''] = assignment.application.split('/');
  const found = findDocument({ file, text, name: assignment.name, namespace });
  const node = nodeAt(found?.root, ['spec', 'source', 'targetRevision']);
  const place = found === undefined ? undefined : placesOf(found.file, node).at(-1);
  const edit =
    found === undefined || place === undefined ? undefined : replaceText(found.file, place, revision);
  if (edit !== undefined) return { file, edit, text };
  throw new AppError('invalid', `${file} has no targetRevision that can be edited`, {
    subject: assignment.application,
    remedy: `Set spec.source.targetRevision to ${revision} by hand`,
  });
}

function wrongPin({ assignment }: PinnedTarget, reason: string): AppError {
  return new AppError(
    'invalid',
    `it is pinned to ${onlySource(assignment).targetRevision}, and moving the pin doesn't do: ${reason}`,
    {
      subject: assignment.application,
      remedy:
        'Let its targetRevision follow a branch, so that its own files can be changed, or move the pin by hand',
    },
  );
}
