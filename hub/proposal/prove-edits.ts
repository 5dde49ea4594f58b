import { AppError } from '../../core/error.ts';
import { displayRef } from '../../core/object-ref.ts';
import { formatProblem } from '../../core/problem.ts';
import type { FleetConfig } from '../fleet-files.ts';
import type { RenderPort, RenderResult } from '../ports.ts';
import type { Candidate, TargetSource } from '../promotion/candidate.ts';
import { compareRenders, type Difference, sameDifference, unstableIn } from '../promotion/compare-renders.ts';
import type { ImageChange } from '../promotion/match-images.ts';
import { applyEdits, type TextEdit } from '../promotion/yaml-file.ts';
import { sourcesIn } from './application-source.ts';
import { onlySource, singleSource } from './only-source.ts';
import type { OtherReaders } from './other-readers.ts';
import { overlayTree } from './overlay-tree.ts';
import { type PromotionTarget, prepareTarget } from './promotion-target.ts';
import type { Workspace } from './workspaces.ts';

/** One image to be changed, the ways to do it, and those that were tried. */
export interface EditPlan {
  readonly target: PromotionTarget;
  readonly source: TargetSource;
  readonly change: ImageChange;
  readonly candidates: readonly Candidate[];
}

/** Whole new contents of files of one branch. */
export interface ProvenEdits {
  readonly workspace: Workspace;
  readonly files: ReadonlyMap<string, Uint8Array>;
}

interface ProveDeps {
  readonly render: RenderPort;
  readonly fleet: FleetConfig;
  readonly fleetWorkspace: Workspace;
  readonly otherReaders: OtherReaders;
  readonly signal: AbortSignal | undefined;
}

/** A plan on its way: `next` is the candidate that counts now. */
interface Attempt {
  readonly plan: EditPlan;
  next: number;
  readonly tried: string[];
}

interface Rejection {
  readonly attempt: Attempt;
  readonly reason: string;
}

/** What the current candidates make of each file, by branch. */
type Composed = ReadonlyMap<Workspace, ReadonlyMap<string, Uint8Array>>;

/** Rounds of rendering; more ways than these have not been met. */
const maxRounds = 24;

/**
 * Finds the edits that make every target run what it should and change nothing else, by rendering them. Files that
 * other applications read are never edited. Throws AppError `invalid` for an image that no edit can change, with what
 * was tried; nothing was written then.
 */
export async function proveEdits(deps: ProveDeps, plans: readonly EditPlan[]): Promise<ProvenEdits> {
  const attempts: readonly Attempt[] = plans.map((plan) => ({ plan, next: 0, tried: [] }));
  const prover = new Prover(deps, attempts);
  for (let round = 0; round < maxRounds; round += 1) {
    await prover.skipShared();
    const composed = prover.compose(attempts);
    if (composed === undefined) continue;
    const rejections = await prover.judge(composed);
    if (rejections.length === 0) return single(composed, attempts);
    for (const { attempt, reason } of rejections) reject(attempt, reason);
  }
  throw noWay(attempts[0], 'none of the ways that were tried works together with the others');
}

class Prover {
  readonly #deps: ProveDeps;
  readonly #attempts: readonly Attempt[];
  readonly #unstable = new Map<PromotionTarget, readonly Difference[]>();

  constructor(deps: ProveDeps, attempts: readonly Attempt[]) {
    this.#deps = deps;
    this.#attempts = attempts;
  }

  /** Moves every plan to its next candidate whose file is the targets' own. */
  async skipShared(): Promise<void> {
    for (const attempt of this.#attempts) {
      for (;;) {
        const candidate = candidateOf(attempt);
        if (candidate === undefined) throw noWay(attempt);
        if (candidate.repository === 'fleet') break;
        const others = await this.#deps.otherReaders(attempt.plan.target.workspace, candidate.file);
        if (others.length === 0) break;
        reject(attempt, `${candidate.file} is shared with ${listSome(others)}`);
      }
    }
  }

  /** Puts the current candidates together; where two meet, the later one is rejected and the result is `undefined`. */
  compose(attempts: readonly Attempt[]): Composed | undefined {
    const edits = new Map<Workspace, Map<string, { text: string; edits: TextEdit[] }>>();
    for (const attempt of attempts) {
      const candidate = candidateOf(attempt);
      if (candidate === undefined) throw noWay(attempt);
      const workspace = this.#workspaceOf(attempt);
      const files = edits.get(workspace) ?? new Map<string, { text: string; edits: TextEdit[] }>();
      edits.set(workspace, files);
      const file = files.get(candidate.file) ?? {
        text: textOf(attempt.plan.source, candidate.file),
        edits: [],
      };
      files.set(candidate.file, file);
      if (applyEdits(file.text, [...file.edits, ...candidate.edits]) === undefined) {
        reject(
          attempt,
          `${candidate.file}: ${candidate.field} has to be another value for another container`,
        );
        return undefined;
      }
      file.edits.push(...candidate.edits);
    }
    const encoder = new TextEncoder();
    return new Map(
      [...edits].map(([workspace, files]) => [
        workspace,
        new Map(
          [...files].map(([path, { text, edits: all }]) => [
            path,
            encoder.encode(applyEdits(text, all) ?? text),
          ]),
        ),
      ]),
    );
  }

  #workspaceOf({ plan, next }: Attempt): Workspace {
    return plan.candidates[next]?.repository === 'fleet' ? this.#deps.fleetWorkspace : plan.target.workspace;
  }

  /** What is wrong with the composed files, and which plans are to blame. */
  async judge(composed: Composed): Promise<readonly Rejection[]> {
    const targets = [...new Set(this.#attempts.map(({ plan }) => plan.target))];
    const found = await Promise.all(targets.map((target) => this.#judgeTarget(target, composed)));
    return found.flat();
  }

  async #judgeTarget(target: PromotionTarget, composed: Composed): Promise<readonly Rejection[]> {
    const own = this.#attempts.filter(({ plan }) => plan.target === target);
    const verdict = await this.#verdictOf(target, composed, own);
    if (verdict.wrong.length > 0 || verdict.reason === undefined) return verdict.wrong;
    const { reason } = verdict;
    if (own.length === 1) return own.map((attempt) => ({ attempt, reason }));
    // Together they don't say who is to blame: each alone does.
    const blamed: Rejection[] = [];
    for (const attempt of own) {
      const alone = this.compose([attempt]);
      const single = alone === undefined ? undefined : await this.#verdictOf(target, alone, own, attempt);
      if (single?.reason !== undefined) blamed.push({ attempt, reason: single.reason });
    }
    return blamed.length > 0 ? blamed : own.map((attempt) => ({ attempt, reason }));
  }

  async #verdictOf(
    target: PromotionTarget,
    composed: Composed,
    own: readonly Attempt[],
    only?: Attempt,
  ): Promise<{ readonly wrong: readonly Rejection[]; readonly reason?: string }> {
    const rendered = await this.#render(target, composed);
    if (rendered.type === 'problems') {
      const [problem] = rendered.problems;
      return {
        wrong: [],
        reason: `it can't be rendered then: ${problem === undefined ? '' : formatProblem(problem)}`,
      };
    }
    const changes = own.map(({ plan }) => plan.change);
    const { wrong, others } = compareRenders(target.manifests, rendered.manifests, changes);
    const judged = own.filter((attempt) => only === undefined || attempt === only);
    const rejections = judged.flatMap((attempt) => {
      const miss = wrong.find(({ change }) => change === attempt.plan.change);
      return miss === undefined
        ? []
        : [{ attempt, reason: `the container would run ${miss.found ?? 'nothing'}` }];
    });
    const [other] = others.length === 0 ? [] : await this.#withoutChance(target, others);
    return { wrong: rejections, ...(other === undefined ? {} : { reason: other.text }) };
  }

  async #render(target: PromotionTarget, composed: Composed): Promise<RenderResult> {
    const { render, fleetWorkspace, fleet, signal } = this.#deps;
    const { assignment, workspace } = target;
    const source = overlayTree(workspace.source, composed.get(workspace) ?? new Map());
    const document = composed.get(fleetWorkspace)?.get(assignment.document.location.file);
    const tool =
      document === undefined
        ? onlySource(assignment).tool
        : singleSource(sourcesIn(document, assignment, fleet) ?? [])?.tool;
    if (tool === undefined) {
      return {
        type: 'problems',
        problems: [{ code: 'unreadable', message: 'the Application document would be unreadable' }],
      };
    }
    const prepared = await prepareTarget(render, target, source, tool);
    return prepared.type === 'problems' ? prepared : prepared.render(signal);
  }

  /** Without what differs between two renders of the same source, such as a password that a chart invents. */
  async #withoutChance(
    target: PromotionTarget,
    others: readonly Difference[],
  ): Promise<readonly Difference[]> {
    let unstable = this.#unstable.get(target);
    if (unstable === undefined) {
      const again = await target.prepared.render(this.#deps.signal);
      unstable = again.type === 'rendered' ? unstableIn(target.manifests, again.manifests) : [];
      this.#unstable.set(target, unstable);
    }
    const chance = unstable;
    return others.filter((other) => !chance.some((each) => sameDifference(each, other)));
  }
}

function candidateOf({ plan, next }: Attempt): Candidate | undefined {
  return plan.candidates[next];
}

function reject(attempt: Attempt, reason: string): void {
  const candidate = candidateOf(attempt);
  if (candidate === undefined) return;
  const isNamed = reason.startsWith(candidate.file);
  attempt.tried.push(isNamed ? reason : `${candidate.file} (${candidate.field}): ${reason}`);
  attempt.next += 1;
}

function textOf(source: TargetSource, file: string): string {
  return [...source.files, source.document].find((each) => each.file === file)?.text ?? '';
}

function single(composed: Composed, attempts: readonly Attempt[]): ProvenEdits {
  const [first, second] = [...composed];
  if (first !== undefined && second === undefined) return { workspace: first[0], files: first[1] };
  const places = [...composed.keys()].map(({ subject, branch }) => `branch ${branch} of ${subject}`);
  throw new AppError('invalid', `what has to change is in more than one place: ${places.join(' and ')}`, {
    subject: attempts.map(({ plan }) => plan.target.assignment.application).join(', '),
    remedy: 'Change one of them by hand first; one proposal is one commit of one branch',
  });
}

function noWay(attempt: Attempt | undefined, why?: string): AppError {
  if (attempt === undefined) return new AppError('internal', 'there was nothing to change');
  const { change, target, source } = attempt.plan;
  const { assignment } = target;
  const { before, after, container, ref } = change;
  const tried = [...new Set(attempt.tried)];
  const files = source.files.map(({ file }) => file);
  const because =
    tried.length > 0
      ? `tried: ${tried.slice(0, 6).join('; ')}${tried.length > 6 ? `; and ${tried.length - 6} more` : ''}`
      : `no field that says so was found in ${listSome(files.length > 0 ? files : [onlySource(assignment).path])}`;
  const isShared = tried.some((text) => text.includes(' is shared with '));
  const remedy = isShared
    ? `Give ${assignment.environment || assignment.application} a value of its own (an overlay, a values file), or change the shared file by hand for all of them`
    : `Change it by hand, so that the container runs ${after}`;
  return new AppError(
    'invalid',
    `container ${container} of ${displayRef(ref)} runs ${before} and no edit makes it run ${after}: ${why ?? because}`,
    { subject: assignment.application, remedy },
  );
}

function listSome(names: readonly string[]): string {
  return names.length > 4 ? `${names.slice(0, 4).join(', ')} and ${names.length - 4} more` : names.join(', ');
}
