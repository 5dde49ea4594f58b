import type { Drift } from '../../core/drift.ts';
import type { Gate } from '../../core/gate.ts';
import type { IncidentSubject, Severity, Trigger } from '../../core/incident.ts';
import { canonicalJson, type Json } from '../../core/json.ts';
import type { ApplicationStatus } from '../../core/status.ts';
import type { Viewer } from '../../core/time-text.ts';
import { driftSentence } from '../drift/describe-drift.ts';
import { type Link, summarise } from '../drift/summarise.ts';
import type { ApplicationRecord, StoredDrift } from '../ports.ts';
import type { Condition, Verdict } from './incident.ts';

/** What is known of one application. */
export interface ApplicationFacts {
  readonly record: ApplicationRecord;
  readonly status: ApplicationStatus | undefined;
  readonly link: Link;
  /** Drifts that were reported since the last time, open or closed meanwhile. */
  readonly news: readonly StoredDrift[];
  readonly viewer: Viewer;
}

const minute = 60_000;

/** Without a word of the Notification: how urgent, and how long it must hold. */
const defaults: Readonly<
  Record<Exclude<Trigger, 'agent-silent'>, { readonly severity: Severity; readonly waitMs: number }>
> = {
  drift: { severity: 'warning', waitMs: 0 },
  'sync-failed': { severity: 'critical', waitMs: minute },
  degraded: { severity: 'critical', waitMs: 10 * minute },
  refused: { severity: 'warning', waitMs: 0 },
  brake: { severity: 'warning', waitMs: 0 },
};

/** Mode heal corrects a drift within seconds: only one that it can't correct is worth a word. */
const healWaitMs = minute;

const applicationTriggers = Object.keys(defaults) as readonly (keyof typeof defaults)[];

/** The key of an application's incident. */
function applicationIncidentKey(trigger: Trigger, application: string): string {
  return `${trigger}/${application}`;
}

/** What every trigger says of an application. Each is answered, so that an incident whose reason is gone ends. */
export function evaluateApplication(facts: ApplicationFacts): readonly Verdict[] {
  return [
    driftVerdict(facts),
    failedVerdict(facts),
    degradedVerdict(facts),
    refusedVerdict(facts),
    brakeVerdict(facts),
  ];
}

/** The verdicts on an application that the fleet doesn't have any more: nothing is the matter with it. */
export function evaluateGone(application: string): readonly Verdict[] {
  return applicationTriggers.map((trigger) => ({
    type: 'absent',
    key: applicationIncidentKey(trigger, application),
  }));
}

function driftVerdict(facts: ApplicationFacts): Verdict {
  const { record, news } = facts;
  const status = currentStatus(facts);
  if (typeof status === 'string') return { type: status, key: keyOf('drift', record) };
  const waitMs = record.mode === 'heal' ? healWaitMs : defaults.drift.waitMs;
  const open = openDrifts(status, news);
  if (open.length > 0) {
    const shown = { ...status, drifts: open, sync: 'OutOfSync', cause: 'drifted', gates: [] } as const;
    const detail = open.map(driftDetail).sort().join('\n');
    return { type: 'holds', condition: conditionOf('drift', facts, { shown, detail, waitMs }) };
  }
  const [passed] = news.toSorted((left, right) => (left.drift.observedAt < right.drift.observedAt ? 1 : -1));
  if (passed === undefined) return { type: 'absent', key: keyOf('drift', record) };
  const condition = conditionOf('drift', facts, { shown: status, detail: passed.drift.id, waitMs });
  const sentence = driftSentence(passed, record, facts.viewer);
  return { type: 'passed', condition: { ...condition, summary: `${record.name} on ${sentence}` } };
}

/** Those of the status, and those that were reported while the status that has them is still on its way. */
function openDrifts(status: ApplicationStatus, news: readonly StoredDrift[]): readonly Drift[] {
  const known = new Set(status.drifts.map(({ id }) => id));
  const early = news.filter(({ state, drift }) => state === 'open' && !known.has(drift.id));
  return [...status.drifts, ...early.map(({ drift }) => drift)];
}

/** Ids of the news that no later look needs: what they said is in the status by now, or was told as passed. */
export function digestedNews(facts: ApplicationFacts): readonly string[] {
  const status = currentStatus(facts);
  if (status === 'unknown') return [];
  const known = new Set(status === 'absent' ? [] : status.drifts.map(({ id }) => id));
  return facts.news
    .filter(({ state, drift }) => status === 'absent' || state === 'closed' || known.has(drift.id))
    .map(({ drift }) => drift.id);
}

function driftDetail({ id, kind, fields }: Drift): string {
  return canonicalJson([id, kind, fields.map(({ path, live }) => [path, live ?? null])] as Json);
}

function failedVerdict(facts: ApplicationFacts): Verdict {
  const status = currentStatus(facts);
  const key = keyOf('sync-failed', facts.record);
  if (typeof status === 'string') return { type: status, key };
  // A try that is under way says nothing of its end.
  if (status.cause === 'applying' || status.sync === 'Unknown') return { type: 'unknown', key };
  if (status.cause !== 'failed') return { type: 'absent', key };
  const detail = canonicalJson(status.failures as unknown as Json);
  return {
    type: 'holds',
    condition: conditionOf('sync-failed', facts, { shown: { ...status, gates: [] }, detail }),
  };
}

function degradedVerdict(facts: ApplicationFacts): Verdict {
  const status = currentStatus(facts);
  const key = keyOf('degraded', facts.record);
  if (typeof status === 'string') return { type: status, key };
  const { health } = status;
  if (health.status === 'Healthy' || health.status === 'Suspended') return { type: 'absent', key };
  // Another rollout that progresses is no recovery yet, and no new failure either.
  if (health.status !== 'Degraded') return { type: 'unknown', key };
  const shown = { ...status, sync: 'Synced', gates: [], drifts: [] } as const;
  return { type: 'holds', condition: conditionOf('degraded', facts, { shown, detail: health.message }) };
}

function refusedVerdict(facts: ApplicationFacts): Verdict {
  const gate = facts.record.gates.find(
    ({ kind }) => kind === 'refusal' || (kind === 'guard' && facts.record.refusal !== undefined),
  );
  if (gate === undefined) return { type: 'absent', key: keyOf('refused', facts.record) };
  return { type: 'holds', condition: gateCondition('refused', facts, gate) };
}

/** The hub's own brake, or the agent's as it was last reported. */
function brakeVerdict(facts: ApplicationFacts): Verdict {
  const { record, status, link } = facts;
  const isBrake = ({ kind }: Gate): boolean => kind === 'brake';
  const gate = record.gates.find(isBrake) ?? status?.gates.find(isBrake);
  const key = keyOf('brake', record);
  if (gate === undefined) return { type: 'absent', key };
  if (link.type === 'silent' && !record.gates.some(isBrake)) return { type: 'unknown', key };
  return { type: 'holds', condition: gateCondition('brake', facts, gate) };
}

function gateCondition(trigger: 'refused' | 'brake', facts: ApplicationFacts, gate: Gate): Condition {
  const { status, record } = facts;
  const onlyIt = { ...facts, record: { ...record, gates: [gate] } };
  const condition = conditionOf(trigger, onlyIt, { shown: status, detail: gate.reason });
  return { ...condition, nextStep: `${gate.remedy.replace(/[.\s]*$/, '')}; ${condition.nextStep}` };
}

/** The status that the facts let one believe; else what is to be said of everything that follows from it. */
function currentStatus({ record, status, link }: ApplicationFacts): ApplicationStatus | 'unknown' | 'absent' {
  if (record.removal !== undefined) return 'absent';
  if (link.type === 'silent' || status === undefined || status.digest !== record.digest) return 'unknown';
  return status;
}

interface Aspect {
  /** The status with nothing in it but what the trigger is about, for its sentence. */
  readonly shown: ApplicationStatus | undefined;
  readonly detail: string;
  readonly waitMs?: number;
}

function conditionOf(
  trigger: keyof typeof defaults,
  { record, link, viewer }: ApplicationFacts,
  { shown, detail, waitMs }: Aspect,
): Condition {
  const isGate = trigger === 'refused' || trigger === 'brake';
  const subject = isGate ? record : { ...record, gates: [] };
  return {
    key: keyOf(trigger, record),
    trigger,
    subject: subjectOf(record),
    summary: summarise(subject, shown, link, viewer).sentence,
    detail,
    nextStep:
      trigger === 'drift'
        ? `fairlead drift list --app ${record.application}`
        : `fairlead app get ${record.application}`,
    ...defaults[trigger],
    ...(waitMs === undefined ? {} : { waitMs }),
  };
}

function subjectOf(record: ApplicationRecord): IncidentSubject {
  const { application, cluster, environment, project, owner } = record;
  return { application, cluster, environment, project, ...(owner === undefined ? {} : { owner }) };
}

function keyOf(trigger: Trigger, record: ApplicationRecord): string {
  return applicationIncidentKey(trigger, record.application);
}
