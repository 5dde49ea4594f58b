import type { Guard } from '../core/guard.ts';
import type { Problem } from '../core/problem.ts';
import type { Catalog } from './catalog/catalog.ts';
import { desiredOf, inputsDigest, seal, sealObjects } from './desired/desired-application.ts';
import type { ApplicationFacts, Outcome } from './desired/outcome.ts';
import type { ApplicationRecord, RenderPort } from './ports.ts';
import type { ReportedCluster } from './read-clusters.ts';
import { type Remembered, recall } from './remembered.ts';
import type { Assignment, Refusal, Resolution } from './resolve/assignment.ts';
import { checkGuard } from './resolve/check-guard.ts';
import { checkImages } from './resolve/check-images.ts';
import { checkRendered } from './resolve/check-rendered.ts';
import { prepareSources, usedCommits } from './sources/prepare-sources.ts';
import { type RenderContents, type RenderDeps, renderSources } from './sources/render-sources.ts';
import type { SignatureCheck } from './sources/signature-check.ts';
import { commitsOf, describeSources } from './sources/source-facts.ts';
import type { SourceAt, SourceReader } from './sources/source-reader.ts';

/** What a pass needs, apart from the catalog. */
export interface PassDeps extends RenderDeps {
  readonly render: RenderPort;
  readonly sources: Pick<SourceReader, 'read'>;
  readonly signatures: SignatureCheck;
  /** What agents reported last, by cluster. */
  readonly clusters: ReadonlyMap<string, ReportedCluster>;
  readonly previous: ReadonlyMap<string, ApplicationRecord>;
  /** Of the last pass, by application. */
  readonly remembered: ReadonlyMap<string, Remembered>;
}

/** Contents that a pass made, for the store. */
export interface PassContents extends RenderContents {
  /** What the next pass needn't find out again, by application. */
  readonly remembered: Map<string, Remembered>;
}

/** How many sources are prepared at once; renders have a limit of their own. */
const concurrency = 16;

/** Finds out about every application of a catalog; one that fails never delays or changes another. */
export async function findOutcomes(
  catalog: Catalog,
  resolution: Resolution,
  deps: PassDeps,
): Promise<{ outcomes: readonly Outcome[]; contents: PassContents }> {
  const contents: PassContents = {
    blobs: new Map(),
    renders: new Map(),
    failures: new Map(),
    remembered: new Map(),
    rendered: 0,
  };
  const outcomes: Outcome[] = [...catalog.frozen].map(([application, problem]) => ({
    type: 'frozen',
    application,
    problems: [problem],
  }));
  for (const refusal of resolution.refusals) {
    if (catalog.frozen.has(refusal.application)) continue;
    outcomes.push({ type: 'refused', facts: factsOfRefusal(refusal), gate: refusal.gate });
  }
  const open = resolution.assignments.filter((assignment) => !catalog.frozen.has(assignment.application));
  await forEachConcurrently(open, concurrency, async (assignment) => {
    outcomes.push(await findOutcome(assignment, deps, contents));
  });
  return { outcomes, contents };
}

async function findOutcome(assignment: Assignment, deps: PassDeps, contents: PassContents): Promise<Outcome> {
  const read = await deps.sources.read(assignment);
  if (read.type === 'problem') return frozen(assignment, [read.problem]);
  const unsigned = await deps.signatures.check(assignment, read.sources);
  if (unsigned.length > 0) return frozen(assignment, unsigned);
  const { capabilities, guard, report = '' } = deps.clusters.get(assignment.cluster) ?? {};
  const before = deps.previous.get(assignment.application);
  const commits = usedCommits(read.sources);
  const recalled = recall(
    deps.remembered.get(assignment.application),
    { assignment, report, commits },
    read.sources.map(({ files }) => files.tree),
  );
  const known = recalled === undefined ? undefined : outcomes.get(recalled);
  if (recalled !== undefined && known !== undefined && known.before === before) {
    contents.remembered.set(assignment.application, recalled);
    return known.outcome;
  }
  const facts = factsOfAssignment(assignment, guard);
  if (recalled !== undefined) {
    const outcome = sameAsBefore(facts, recalled, read.sources, before);
    if (outcome !== undefined) {
      outcomes.set(recalled, { before, outcome });
      contents.remembered.set(assignment.application, recalled);
      return outcome;
    }
  }
  const prepared = await prepareSources(assignment, read.sources, capabilities, deps.render);
  if (prepared.type === 'problems') return frozen(assignment, prepared.problems);

  const clusterScopedKinds = capabilities?.clusterScopedKinds;
  const { key: renderKey, reads } = prepared;
  const inputs = inputsDigest(assignment, renderKey, clusterScopedKinds, guard);
  contents.remembered.set(assignment.application, {
    assignment,
    report,
    reads,
    commits,
    renderKey,
    inputs,
  });
  const same = sameAsBefore(facts, { renderKey, inputs }, read.sources, before);
  if (same !== undefined) return same;

  const rendered = await renderSources(assignment, prepared, deps, contents);
  if (rendered.type === 'problems') return frozen(assignment, rendered.problems);
  const gate =
    checkRendered(assignment, rendered.manifests, clusterScopedKinds) ??
    checkImages(assignment.imageRule, rendered.manifests);
  if (gate !== undefined) return { type: 'refused', facts, gate, inputs };
  const guarded = checkGuard(assignment, rendered.manifests, guard, clusterScopedKinds);
  if (guarded.type === 'refused') return { type: 'refused', facts, gate: guarded.gate, inputs };
  const desired = desiredOf(assignment, rendered.manifests);
  const sealed = seal(deps.store.digestKey, desired);
  contents.blobs.set(sealed.digest, sealed.bytes);
  contents.renders.set(prepared.key, sealed.digest);
  const { digest } = sealed;
  const objectsDigest = sealObjects(deps.store.digestKey, desired);
  const content = { ...commitsOf(read.sources), renderKey: prepared.key, inputs, digest, objectsDigest };
  return { type: 'allowed', facts, content, gates: guarded.type === 'partly' ? [guarded.gate] : [] };
}

/** What the same memory and the same record came to: the same again, so that a pass makes nothing for what is as it was. */
const outcomes = new WeakMap<
  Remembered,
  { readonly before: ApplicationRecord | undefined; readonly outcome: Outcome }
>();

/** The outcome of an application whose inputs are those of its record: neither rendered nor checked again. */
function sameAsBefore(
  facts: ApplicationFacts,
  { renderKey, inputs }: Pick<Remembered, 'renderKey' | 'inputs'>,
  sources: readonly SourceAt[],
  before: ApplicationRecord | undefined,
): Outcome | undefined {
  const { digest: known, objectsDigest: knownObjects, removal } = before ?? {};
  if (
    before?.inputs === inputs &&
    known !== undefined &&
    knownObjects !== undefined &&
    removal === undefined
  ) {
    const content = { ...commitsOf(sources), renderKey, inputs, digest: known, objectsDigest: knownObjects };
    return { type: 'allowed', facts, content, gates: before.gates.filter(({ kind }) => kind === 'guard') };
  }
  if (before?.refusal?.inputs === inputs) {
    return { type: 'refused', facts, gate: before.refusal.gate, inputs };
  }
  return undefined;
}

function frozen(assignment: Assignment, problems: readonly Problem[]): Outcome {
  return {
    type: 'frozen',
    application: assignment.application,
    facts: factsOfAssignment(assignment),
    problems,
  };
}

function factsOfAssignment(assignment: Assignment, guard?: Guard): ApplicationFacts {
  const { owner, note, info, sources } = assignment;
  return {
    application: assignment.application,
    name: assignment.name,
    project: assignment.project.name,
    cluster: assignment.cluster,
    environment: assignment.environment,
    namespace: assignment.namespace,
    // An agent that observes only does no more, whatever Git says.
    mode: guard?.writes === 'never' ? 'observe' : assignment.mode,
    ...describeSources(sources),
    location: assignment.document.location,
    deletesOnRemoval: assignment.deletesOnRemoval,
    ...(owner === undefined ? {} : { owner }),
    ...(note === undefined ? {} : { note }),
    ...(info === undefined ? {} : { info }),
  };
}

function factsOfRefusal(refusal: Refusal): ApplicationFacts {
  const { sources } = refusal;
  return {
    application: refusal.application,
    name: refusal.name,
    project: refusal.project,
    cluster: refusal.cluster ?? '',
    environment: '',
    namespace: refusal.namespace,
    mode: 'observe',
    ...describeSources(sources),
    location: refusal.document.location,
    deletesOnRemoval: false,
  };
}

/** Runs work on every item, so many at a time, in their order. */
async function forEachConcurrently<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  async function run(): Promise<void> {
    for (const item of queue) await work(item);
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, run));
}
