import { decodeDesired } from '../../core/desired.ts';
import type { Digest } from '../../core/digest.ts';
import type { Manifest } from '../../core/kube-object.ts';
import type { Problem } from '../../core/problem.ts';
import { atFields } from '../catalog/field-location.ts';
import { desiredOf, seal } from '../desired/desired-application.ts';
import { joinSources } from '../desired/join-sources.ts';
import type { RenderResult, StorePort } from '../ports.ts';
import type { Assignment } from '../resolve/assignment.ts';
import type { PreparedSources, ReadyRender } from './prepare-sources.ts';

const retryAfterMs = 10 * 60_000;
/** Failures of the hub's surroundings: the next pass tries again. */
const passing: ReadonlySet<string> = new Set([
  'missing-tool',
  'render-cancelled',
  'render-internal',
  'render-unavailable',
]);

export interface FailedRender {
  readonly problems: readonly Problem[];
  /** When it's worth another try, ms since 1970: it may have been a busy machine's fault. */
  readonly retryAt: number;
}

export interface RenderDeps {
  readonly store: StorePort;
  /** Renders that failed lately, by key: the same again would only cost the same time. */
  readonly failures: ReadonlyMap<Digest, FailedRender>;
  readonly now: () => Date;
  readonly signal: AbortSignal;
}

/** What renders leave for the store and for the next pass. */
export interface RenderContents {
  readonly blobs: Map<Digest, Uint8Array>;
  readonly renders: Map<Digest, Digest>;
  /** Those of this pass, and earlier ones that still hold. */
  readonly failures: Map<Digest, FailedRender>;
  /** How many sources were really rendered: the cost of the pass. */
  rendered: number;
}

/**
 * What an application's sources render to, joined. Each render has a key of its own, so that of several sources only
 * those that changed are rendered again.
 */
export async function renderSources(
  assignment: Assignment,
  { key, renders }: Extract<PreparedSources, { type: 'ready' }>,
  deps: RenderDeps,
  contents: RenderContents,
): Promise<RenderResult> {
  const known = renders.length === 1 ? undefined : await readStored(key, deps);
  if (known !== undefined) return { type: 'rendered', manifests: known };
  const parts: (readonly Manifest[])[] = [];
  const problems: Problem[] = [];
  for (const { field, prepared } of renders) {
    const result = await readOrRender(prepared, deps, contents);
    if (result.type === 'problems') {
      problems.push(...atFields(result.problems, assignment.document, field));
      continue;
    }
    parts.push(result.manifests);
    if (renders.length === 1) continue;
    const sealed = seal(deps.store.digestKey, desiredOf(assignment, result.manifests));
    contents.blobs.set(sealed.digest, sealed.bytes);
    contents.renders.set(prepared.key, sealed.digest);
  }
  if (problems.length > 0) return { type: 'problems', problems };
  return { type: 'rendered', manifests: joinSources(parts, assignment.namespace) };
}

/** The manifests of an earlier desired state with the same key. */
async function readStored(key: Digest, { store }: RenderDeps): Promise<readonly Manifest[] | undefined> {
  const known = await store.readRender(key);
  const bytes = known === undefined ? undefined : (await store.readBlobs([known])).get(known);
  return bytes === undefined ? undefined : decodeDesired(bytes).manifests;
}

/** The manifests of an earlier desired state with the same key, else of a new render. */
async function readOrRender(
  prepared: ReadyRender,
  deps: RenderDeps,
  contents: RenderContents,
): Promise<RenderResult> {
  const known = await readStored(prepared.key, deps);
  if (known !== undefined) return { type: 'rendered', manifests: known };
  const failed = deps.failures.get(prepared.key) ?? contents.failures.get(prepared.key);
  if (failed !== undefined && deps.now().getTime() < failed.retryAt) {
    contents.failures.set(prepared.key, failed);
    return { type: 'problems', problems: failed.problems };
  }
  contents.rendered += 1;
  const result = await prepared.render(deps.signal);
  if (result.type === 'problems' && !result.problems.some(({ code }) => passing.has(code))) {
    const retryAt = deps.now().getTime() + retryAfterMs;
    contents.failures.set(prepared.key, { problems: result.problems, retryAt });
  }
  return result;
}
