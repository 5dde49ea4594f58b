import { AppError } from '../../core/error.ts';
import type { Manifest } from '../../core/kube-object.ts';
import type { ClusterCapabilities } from '../../core/session.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { gitRevision } from '../catalog/tag-range.ts';
import type { ApplicationRecord } from '../ports.ts';
import { type Counterparts, findCounterparts, type Member } from '../promotion/common-name.ts';
import type { PromotionNews } from '../promotion/describe.ts';
import { secretValues } from '../promotion/hide-secrets.ts';
import type { PromotionRequest } from '../promotion/promotion.ts';
import { applyEdits, type TextEdit } from '../promotion/yaml-file.ts';
import { judgeImage, wantedBy } from '../resolve/check-images.ts';
import { checkFresh } from './application-source.ts';
import { draftEdits } from './draft-edits.ts';
import { movePin } from './move-pin.ts';
import { onlySource } from './only-source.ts';
import type { Draft, DraftDeps, PromotionPlace, PromotionSession } from './promotion-session.ts';
import { type PromotionSource, readSources } from './promotion-source.ts';
import { openWorkspaces } from './workspaces.ts';

/** Works a promotion out without writing anything. Throws AppError as `promote` says. */
export async function draftPromotion(
  deps: DraftDeps,
  request: PromotionRequest,
  signal: AbortSignal | undefined,
): Promise<Draft> {
  const catalog = deps.catalog();
  if (catalog?.fleet === undefined) {
    throw new AppError('unavailable', 'the hub has not read the fleet repository yet', {
      subject: request.key,
      remedy: 'Try again in a moment; `fairlead doctor` says what keeps it',
    });
  }
  const records = new Map((await deps.store.listApplications()).map((each) => [each.application, each]));
  const environments = catalog.fleet.environments.map(({ name }) => name);
  const members = [...records.values()].filter(({ removal }) => removal === undefined);
  const seen = members
    .map((record) => memberOf(record, catalog))
    .filter((member) => request.sees?.(member) ?? true);
  const counterparts = findCounterparts(seen, environments, request);
  for (const target of counterparts.to) request.demand?.(target);
  const chosen = chooseSources(counterparts, request);
  const [first, ...others] = await readSources(
    deps.store,
    chosen.flatMap(({ application }) => records.get(application) ?? []),
    request,
  );
  if (first === undefined) throw new AppError('internal', 'a source has no record', { subject: request.key });
  const workspaces = openWorkspaces(deps.git, deps.fleet, signal);
  const sources = [first, ...others] as const;
  const session: PromotionSession = {
    deps,
    workspaces,
    fleet: await workspaces.fleet(),
    sources,
    side: { images: first.images, words: wordsOf(first.record.environment, first.record.cluster) },
    news: newsOf(counterparts, request, sources),
    signal,
  };
  const places = await findPlaces(session, counterparts.to, records);
  const open = places.flatMap((place) =>
    place.workspace === undefined ? [] : [{ ...place, workspace: place.workspace }],
  );
  const pinned = places.filter(({ workspace }) => workspace === undefined);
  if (pinned.length === 0) {
    const draft = await draftEdits(session, open);
    checkImagePolicy(draft, open, request.from);
    return draft;
  }
  if (pinned.length === places.length) return draftPins(session, pinned);
  const names = pinned.map(({ assignment }) => assignment.application).join(', ');
  throw new AppError('invalid', `some of its applications follow a branch, and these don't: ${names}`, {
    subject: counterparts.name,
    remedy: 'Let all of them follow a branch, or pin all of them',
  });
}

/** A proposal that the target's image policy would refuse is none. */
function checkImagePolicy(
  { news }: Draft,
  places: readonly Pick<PromotionPlace, 'assignment'>[],
  from: string,
): void {
  for (const { assignment } of places) {
    const rule = assignment.imageRule;
    if (rule === undefined) continue;
    for (const { after, cluster } of news.changes) {
      const problem = cluster === assignment.cluster ? judgeImage(rule, after) : undefined;
      if (problem === undefined) continue;
      throw new AppError(
        'conflict',
        `${after} ${problem}, and ${rule.owner} wants ${wantedBy[rule.policy]}`,
        {
          subject: assignment.application,
          remedy: `Name it by its digest in ${from} first, such as registry/app:1.2@sha256:…; promotion carries digests along`,
        },
      );
    }
  }
}

function memberOf(record: ApplicationRecord, catalog: Catalog): Member {
  const label = catalog.applications.get(record.application)?.commonName;
  const environment = catalog.clusters.get(record.cluster)?.environment ?? record.environment;
  const { application, name, project, cluster } = record;
  return { application, name, project, cluster, environment, ...(label === undefined ? {} : { label }) };
}

function chooseSources({ name, from }: Counterparts, { fromCluster }: PromotionRequest): readonly Member[] {
  const chosen = from.filter(({ cluster }) => fromCluster === undefined || cluster === fromCluster);
  if (chosen.length > 0) return chosen;
  throw new AppError('not-found', `${name} doesn't run on cluster ${fromCluster}`, {
    subject: name,
    remedy: `It runs on ${from.map(({ cluster }) => cluster).join(', ')}`,
  });
}

/** Parts of names that stand for an environment. */
function wordsOf(environment: string, cluster: string): readonly string[] {
  return [...new Set([cluster, environment])].filter((word) => word !== '');
}

function newsOf(
  { name, to }: Counterparts,
  request: PromotionRequest,
  sources: readonly PromotionSource[],
): PromotionNews {
  const commits = new Map(
    sources.flatMap(({ commit }) => (commit === undefined ? [] : [[commit.id, commit]])),
  );
  return {
    name,
    from: request.from,
    to: request.to,
    applications: to.map(({ application }) => application),
    changes: [],
    pins: [],
    leftOut: [],
    sourceCommits: [...commits.values()],
  };
}

/** Where each target is to be changed. A target that may not run is none. */
async function findPlaces(
  { deps, workspaces, fleet }: PromotionSession,
  members: readonly Member[],
  records: ReadonlyMap<string, ApplicationRecord>,
): Promise<readonly PromotionPlace[]> {
  const assignments = new Map(deps.resolution().assignments.map((each) => [each.application, each]));
  const capabilities = new Map<string, ClusterCapabilities>();
  for (const { cluster, status } of await deps.store.listClusterStatus()) {
    if (status !== undefined) capabilities.set(cluster, status.capabilities);
  }
  const places: PromotionPlace[] = [];
  for (const { application, cluster, environment } of members) {
    const assignment = assignments.get(application);
    if (assignment === undefined) {
      const gate = records.get(application)?.gates[0];
      throw new AppError(
        'conflict',
        `it may not run there: ${gate?.reason ?? 'the hub has just lost sight of it'}`,
        {
          subject: application,
          remedy: gate?.remedy ?? 'Try again in a moment',
        },
      );
    }
    await checkFresh(assignment, fleet, deps.fleet);
    const source = onlySource(assignment);
    const workspace = await workspaces.branch(source.repoURL, gitRevision(source));
    const words = wordsOf(environment, cluster);
    places.push({ assignment, capabilities: capabilities.get(cluster), words, workspace });
  }
  return places;
}

async function draftPins(session: PromotionSession, places: readonly PromotionPlace[]): Promise<Draft> {
  const { deps, workspaces, fleet, sources, side, signal } = session;
  const pins: PromotionNews['pins'][number][] = [];
  const changes: PromotionNews['changes'][number][] = [];
  const rendered: Manifest[] = [];
  const edits = new Map<string, { text: string; edits: TextEdit[] }>();
  for (const place of places) {
    const { store, render } = deps;
    const moved = await movePin({ store, render, workspaces, fleet, signal }, place, sources[0], side);
    if (moved.type === 'unchanged') continue;
    pins.push(moved.move);
    rendered.push(...moved.manifests);
    changes.push(...moved.changes.map((change) => ({ ...change, cluster: place.assignment.cluster })));
    const file = edits.get(moved.file) ?? { text: moved.text, edits: [] };
    file.edits.push(moved.edit);
    edits.set(moved.file, file);
  }
  const encoder = new TextEncoder();
  const files = new Map(
    [...edits].map(([path, { text, edits: all }]) => [path, encoder.encode(applyEdits(text, all) ?? text)]),
  );
  const news = { ...session.news, changes, pins };
  return { news, workspace: fleet, files, secrets: secretValues(rendered) };
}
