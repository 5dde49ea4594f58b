import { AppError } from '../../core/error.ts';
import type { Manifest } from '../../core/kube-object.ts';
import { formatRef, type ObjectRef } from '../../core/object-ref.ts';
import { compareRenders } from '../promotion/compare-renders.ts';
import type { PromotionNews } from '../promotion/describe.ts';
import { findCandidates } from '../promotion/find-candidates.ts';
import { secretValues } from '../promotion/hide-secrets.ts';
import { matchImages } from '../promotion/match-images.ts';
import { imagesOf } from '../resolve/images-of.ts';
import { moveChart } from './move-chart.ts';
import { type OtherReaders, openOtherReaders } from './other-readers.ts';
import { type FileContents, overlayTree } from './overlay-tree.ts';
import type { Draft, PromotionPlace, PromotionSession } from './promotion-session.ts';
import { type PromotionTarget, readTarget, readTargetSource } from './promotion-target.ts';
import { type EditPlan, proveEdits } from './prove-edits.ts';
import type { Workspace } from './workspaces.ts';

/** A target that follows a branch. */
type OpenPlace = PromotionPlace & { readonly workspace: Workspace };

/** Charts whose versions move, before any image: what the files become, by branch, and how that is told. */
interface MovedCharts {
  readonly files: ReadonlyMap<Workspace, FileContents>;
  readonly news: PromotionNews['pins'];
}

/** Works out the edits of targets that follow a branch: versions of charts first, then images. */
export async function draftEdits(session: PromotionSession, places: readonly OpenPlace[]): Promise<Draft> {
  const { deps, side, signal } = session;
  const targets = new Set(session.news.applications);
  const otherReaders = openOtherReaders(deps.render, deps.resolution(), targets);
  const charts = await moveCharts(session, places, otherReaders);
  const overlaid = new Map(
    [...charts.files].map(([workspace, files]) => [
      workspace,
      { ...workspace, source: overlayTree(workspace.source, files) },
    ]),
  );
  const now = (workspace: Workspace): Workspace => overlaid.get(workspace) ?? workspace;
  const fleet = now(session.fleet);
  const plans: EditPlan[] = [];
  const rendered: Manifest[] = [];
  const changes: PromotionNews['changes'][number][] = [];
  let leftOut: PromotionNews['leftOut'] = [];
  for (const { words, workspace, ...place } of places) {
    const target = await readTarget(deps, { ...place, workspace: now(workspace) }, signal);
    const match = matchImages(side, { images: imagesOf(target.manifests), words });
    if (match.matched === 0) throw nothingInCommon(target, session);
    leftOut = match.unmatched;
    // A chart's other version may have brought images already: people are told of all of them.
    const told =
      now(workspace) === workspace ? target : await readTarget(deps, { ...place, workspace }, signal);
    rendered.push(...target.manifests, ...told.manifests);
    for (const change of matchImages(side, { images: imagesOf(told.manifests), words }).changes) {
      changes.push({ ...change, cluster: place.assignment.cluster });
    }
    if (match.changes.length === 0) continue;
    const source = await readTargetSource(target, fleet, match.changes);
    for (const change of match.changes) {
      plans.push({ target, source, change, candidates: findCandidates(source, change) });
    }
  }
  const news = { ...session.news, changes, leftOut, pins: charts.news };
  const secrets = secretValues(rendered);
  const moved = single(session, charts.files, places[0]?.workspace ?? session.fleet);
  if (plans.length === 0) return { news, secrets, ...moved };
  const proven = await proveEdits(
    { render: deps.render, fleet: deps.fleet, fleetWorkspace: fleet, otherReaders, signal },
    plans,
  );
  if (moved.files.size === 0) return { news, secrets, ...proven };
  if (proven.workspace !== now(moved.workspace))
    throw twoPlaces(session, [moved.workspace, proven.workspace]);
  return { news, secrets, workspace: moved.workspace, files: new Map([...moved.files, ...proven.files]) };
}

async function moveCharts(
  session: PromotionSession,
  places: readonly OpenPlace[],
  otherReaders: OtherReaders,
): Promise<MovedCharts> {
  const { deps, sources } = session;
  const files = new Map<Workspace, Map<string, Uint8Array | undefined>>();
  const news: PromotionNews['pins'][number][] = [];
  for (const place of places) {
    const { assignment, workspace } = place;
    const moved = await moveChart({ git: deps.git, otherReaders }, assignment, workspace, sources[0]);
    if (moved.moves.length === 0) continue;
    files.set(workspace, new Map([...(files.get(workspace) ?? []), ...moved.files]));
    const objects = await differingObjects(session, place, moved.files);
    for (const { name, before, after } of moved.moves) {
      const { application, cluster } = assignment;
      const field = `Chart.yaml dependencies[name=${name}].version`;
      news.push({ application, cluster, what: `chart ${name}`, field, before, after, objects });
    }
  }
  return { files, news };
}

/** What a chart's other version changes besides images. */
async function differingObjects(
  { deps, signal }: PromotionSession,
  { words: _words, ...place }: OpenPlace,
  files: FileContents,
): Promise<readonly ObjectRef[]> {
  const source = overlayTree(place.workspace.source, files);
  const before = await readTarget(deps, place, signal);
  const after = await readTarget(deps, { ...place, workspace: { ...place.workspace, source } }, signal);
  const { others } = compareRenders(before.manifests, after.manifests, []);
  return [...new Map(others.map(({ ref }) => [formatRef(ref), ref])).values()];
}

function single(
  session: PromotionSession,
  files: MovedCharts['files'],
  otherwise: Workspace,
): Pick<Draft, 'workspace' | 'files'> {
  if (files.size > 1) throw twoPlaces(session, [...files.keys()]);
  const [first] = files;
  return first === undefined
    ? { workspace: otherwise, files: new Map() }
    : { workspace: first[0], files: first[1] };
}

function twoPlaces({ news }: PromotionSession, workspaces: readonly Workspace[]): AppError {
  const places = workspaces.map(({ subject, branch }) => `branch ${branch} of ${subject}`).join(' and ');
  return new AppError('invalid', `what has to change is in more than one place: ${places}`, {
    subject: news.applications.join(', '),
    remedy: 'Change one of them by hand first; one proposal is one commit of one branch',
  });
}

function nothingInCommon({ assignment }: PromotionTarget, { news, side }: PromotionSession): AppError {
  const why =
    side.images.length === 0 ? `${news.from} runs no container` : `no container of ${news.from} has one here`;
  return new AppError('invalid', `there is nothing to promote: ${why}, by kind, name or image repository`, {
    subject: assignment.application,
    remedy: 'Check that both are the same application',
  });
}
