import type { Digest } from '../../core/digest.ts';
import type { Gate } from '../../core/gate.ts';
import { equalJson, type Json } from '../../core/json.ts';
import type { Problem } from '../../core/problem.ts';
import type { ApplicationRecord, Commit, SourceCommit } from '../ports.ts';

/** What one pass found out about one application. */
export type Outcome =
  /** It may run as it is in Git. */
  | {
      readonly type: 'allowed';
      readonly facts: ApplicationFacts;
      readonly content: Content;
      /** What of it stays out, while the rest goes on. */
      readonly gates: readonly Gate[];
    }
  /** A rule says no; `inputs` where the rendered objects were refused, so that the same inputs need no second look. */
  | {
      readonly type: 'refused';
      readonly facts: ApplicationFacts;
      readonly gate: Gate;
      readonly inputs?: Digest;
    }
  /** Its document or source can't be read now: nothing changes. `facts` are absent where not even the document can be read. */
  | {
      readonly type: 'frozen';
      readonly application: string;
      readonly facts?: ApplicationFacts;
      readonly problems: readonly Problem[];
    };

/** What its documents say of an application, apart from its content. */
export type ApplicationFacts = Omit<
  ApplicationRecord,
  | 'commit'
  | 'sourceCommits'
  | 'digest'
  | 'objectsDigest'
  | 'renderKey'
  | 'inputs'
  | 'refusal'
  | 'gates'
  | 'problems'
  | 'removal'
>;

export interface Content {
  readonly commit: Commit;
  readonly sourceCommits?: readonly SourceCommit[];
  readonly renderKey: Digest;
  readonly inputs: Digest;
  readonly digest: Digest;
  readonly objectsDigest: Digest;
}

/** The key of the application. */
export function applicationOf(outcome: Outcome): string {
  return outcome.type === 'frozen' ? outcome.application : outcome.facts.application;
}

/** What the same outcome and the same record before came to. */
const made = new WeakMap<
  Outcome,
  { readonly before: ApplicationRecord | undefined; readonly record: ApplicationRecord | undefined }
>();

/**
 * The record that an outcome leads to: the one before itself where nothing of it is different. What is frozen or newly
 * refused keeps what it has.
 */
export function recordOf(
  outcome: Outcome,
  previous: ReadonlyMap<string, ApplicationRecord>,
): ApplicationRecord | undefined {
  const before = previous.get(applicationOf(outcome));
  const known = made.get(outcome);
  if (known !== undefined && known.before === before) return known.record;
  const found = makeRecord(outcome, previous);
  const record = equalJson(found as unknown as Json, before as unknown as Json) ? before : found;
  made.set(outcome, { before, record });
  return record;
}

function makeRecord(
  outcome: Outcome,
  previous: ReadonlyMap<string, ApplicationRecord>,
): ApplicationRecord | undefined {
  switch (outcome.type) {
    case 'allowed': {
      const { facts, content, gates } = outcome;
      const before = previous.get(facts.application);
      return { ...facts, ...content, ...earlierCommits(before, content), gates, problems: [] };
    }
    case 'refused': {
      const kept = keptContent(previous.get(outcome.facts.application));
      const { gate, inputs } = outcome;
      const refusal = inputs === undefined ? {} : { refusal: { inputs, gate } };
      return { ...outcome.facts, ...kept, ...refusal, gates: [gate], problems: [] };
    }
    case 'frozen':
      return frozenRecord(outcome, previous.get(outcome.application));
  }
}

/** Commits that changed nothing for it aren't told: those that brought its content are. */
function earlierCommits(
  before: ApplicationRecord | undefined,
  { digest, sourceCommits }: Content,
): Pick<ApplicationRecord, 'commit' | 'sourceCommits'> {
  if (before?.digest !== digest || before.commit === undefined) return {};
  const { commit, sourceCommits: earlier } = before;
  const isOfSame =
    sourceCommits?.length === earlier?.length &&
    sourceCommits?.every(
      ({ repoURL, targetRevision }, index) =>
        earlier?.[index]?.repoURL === repoURL && earlier[index]?.targetRevision === targetRevision,
    ) !== false;
  if (!isOfSame) return {};
  return { commit, ...(earlier === undefined ? {} : { sourceCommits: earlier }) };
}

function frozenRecord(
  outcome: Extract<Outcome, { type: 'frozen' }>,
  before: ApplicationRecord | undefined,
): ApplicationRecord | undefined {
  const { problems } = outcome;
  const [first] = problems;
  const gate: Gate = {
    kind: 'frozen',
    reason: first?.message ?? 'its source cannot be read',
    remedy: first?.remedy ?? 'Mend it in Git; what runs stays as it is until then',
    ...(first?.location === undefined ? {} : { location: first.location }),
  };
  // Only what was in force may stay in force: the facts of a frozen application are those of its last good state.
  if (before !== undefined && before.digest !== undefined) {
    return { ...before, gates: [gate], problems };
  }
  if (outcome.facts === undefined)
    return before === undefined ? undefined : { ...before, gates: [gate], problems };
  return { ...outcome.facts, gates: [gate], problems };
}

/**
 * What a refused application keeps: what runs stays as it is and where it is, also where its new destination is
 * elsewhere; a removal that was under way goes on.
 */
function keptContent(before: ApplicationRecord | undefined): Partial<ApplicationRecord> {
  if (before?.digest === undefined) return {};
  return {
    cluster: before.cluster,
    environment: before.environment,
    mode: before.mode,
    digest: before.digest,
    ...(before.commit === undefined ? {} : { commit: before.commit }),
    ...(before.sourceCommits === undefined ? {} : { sourceCommits: before.sourceCommits }),
    ...(before.objectsDigest === undefined ? {} : { objectsDigest: before.objectsDigest }),
    ...(before.renderKey === undefined ? {} : { renderKey: before.renderKey }),
    ...(before.inputs === undefined ? {} : { inputs: before.inputs }),
    ...(before.removal === undefined ? {} : { removal: before.removal }),
    deletesOnRemoval: before.deletesOnRemoval,
  };
}
