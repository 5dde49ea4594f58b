import type { Gate } from '../../core/gate.ts';
import type { Health } from '../../core/health.ts';
import { formatRef } from '../../core/object-ref.ts';
import type { ApplicationStatus, ObjectFailure, ObjectStatus } from '../../core/status.ts';
import { formatMoment } from '../../core/time-text.ts';
import { describeDrift, describeMode, describeObject } from '../drift/describe-drift.ts';
import type { Step } from './explanation.ts';
import type { ExplainFacts } from './facts.ts';

/** Stations of the cluster: from the gates to the health of what runs, as its agent reports them. */

export function gatesStep(facts: ExplainFacts): Step {
  const { record, status } = facts;
  const gates = [...record.gates, ...(status?.gates ?? [])];
  const [first, ...others] = gates.filter(({ kind }) => kind !== 'refusal' && kind !== 'frozen');
  if (first === undefined) return { stage: 'gates', state: 'passed', sentence: 'no gate holds it' };
  const more =
    others.length === 0 ? '' : `; ${others.length} more ${others.length === 1 ? 'gate' : 'gates'} after it`;
  return {
    stage: 'gates',
    // What is as Git says waits for nothing.
    state: isDone(facts) ? 'warned' : 'stopped',
    sentence: `${describeGate(first, facts)}${more}`,
    ...(first.location === undefined ? {} : { location: first.location }),
    remedy: first.remedy,
  };
}

function describeGate({ kind, owner, until, reason }: Gate, { viewer }: ExplainFacts): string {
  const by = owner === undefined ? '' : ` of ${owner}`;
  const end = until === undefined ? '' : ` until ${formatMoment(until, viewer)}`;
  return `${kind}${by}${end}: ${reason}`;
}

export function agentStep({ record, status, link, viewer }: ExplainFacts): Step {
  const { cluster } = record;
  const stopped = { stage: 'agent', state: 'stopped' } as const;
  if (link.type === 'silent') {
    const silence =
      link.since === undefined
        ? `the agent of ${cluster} has never connected`
        : `the agent of ${cluster} is silent since ${formatMoment(link.since, viewer)}`;
    const remedy =
      link.since === undefined
        ? `Install it: \`fairlead cluster enroll ${cluster}\` prints how`
        : `See its log in the cluster; \`fairlead cluster get ${cluster}\` shows what was last known`;
    return { ...stopped, sentence: silence, remedy };
  }
  if (status === undefined) {
    return { ...stopped, sentence: 'its agent has not reported it yet', remedy: agentRemedy(cluster) };
  }
  if (status.digest !== record.digest) {
    const sentence = 'its agent has not taken up the newest desired state yet';
    return { ...stopped, sentence, remedy: agentRemedy(cluster) };
  }
  return {
    stage: 'agent',
    state: 'passed',
    sentence: `the agent of ${cluster} has the newest desired state`,
  };
}

function agentRemedy(cluster: string): string {
  return `It follows within seconds; if not, \`fairlead cluster get ${cluster}\` shows what the agent can't do`;
}

export function applyStep(facts: ExplainFacts): Step {
  const { record, status } = facts;
  const failure = failuresOf(facts)[0];
  if (failure !== undefined) return failed(facts, failure);
  const waiting = objectsOf(facts).filter(({ sync }) => sync !== 'Synced');
  const [first] = waiting;
  const drifted = new Set(status?.drifts.map(({ ref }) => formatRef(ref)));
  const unapplied = waiting.filter(({ ref }) => !drifted.has(formatRef(ref)));
  if (first === undefined || status === undefined || unapplied.length === 0) return applied(facts);
  if (status.sync === 'Unknown') {
    return {
      stage: 'apply',
      state: 'stopped',
      sentence: `it can't be compared: ${status.health.message || "the agent can't read the cluster"}`,
      remedy: agentRemedy(record.cluster),
    };
  }
  return waits(facts, status, unapplied);
}

function failed({ record, status }: ExplainFacts, { ref, message, code, remedy }: ObjectFailure): Step {
  const others = (status?.failures.length ?? 1) - 1;
  const more = others === 0 ? '' : `; ${others} more failed`;
  return {
    stage: 'apply',
    state: 'stopped',
    sentence: `${describeObject(ref, record.namespace)}: ${message} (${code})${more}`,
    remedy: remedy ?? 'Mend it in Git; the agent tries again by itself',
  };
}

function waits(
  { record, object }: ExplainFacts,
  { cause, attempt }: ApplicationStatus,
  unapplied: readonly ObjectStatus[],
): Step {
  const names = unapplied.slice(0, 3).map(({ ref }) => describeObject(ref, record.namespace));
  const more = unapplied.length > names.length ? ` and ${unapplied.length - names.length} more` : '';
  const what =
    object === undefined
      ? `${names.join(', ')}${more} ${unapplied.length === 1 ? 'waits' : 'wait'}`
      : 'it waits';
  const hook = attempt?.hooks.find(({ state }) => state === 'running');
  if (hook !== undefined) {
    const sentence = `${what} for the ${hook.phase} hook ${describeObject(hook.ref, record.namespace)}`;
    return { stage: 'apply', state: 'stopped', sentence, remedy: 'Let it end; if it hangs, see its pods' };
  }
  if (attempt?.state === 'failed' || attempt?.state === 'cancelled') {
    const sentence = `${what}: the last sync ${attempt.state === 'failed' ? 'failed' : 'was cancelled'}: ${attempt.message}`;
    return { stage: 'apply', state: 'stopped', sentence, remedy: syncRemedy(record.application) };
  }
  if (cause === 'applying') {
    const sentence = `${what} to be applied: the agent is at it`;
    return {
      stage: 'apply',
      state: 'stopped',
      sentence,
      remedy: 'Wait; earlier waves have to be healthy first',
    };
  }
  return {
    stage: 'apply',
    state: 'stopped',
    sentence: `${what} to be applied: ${describeMode(record.mode, unapplied.length)}`,
    remedy: syncRemedy(record.application),
  };
}

function syncRemedy(application: string): string {
  return `\`fairlead app diff ${application}\` shows what would change, \`fairlead app sync ${application}\` applies it`;
}

function applied({ status, object, viewer }: ExplainFacts): Step {
  const at = status?.appliedAt;
  const when = object !== undefined || at === undefined ? '' : `, last whole ${formatMoment(at, viewer)}`;
  return { stage: 'apply', state: 'passed', sentence: `everything is applied${when}` };
}

export function driftStep(facts: ExplainFacts): Step {
  const { record, status, object, viewer } = facts;
  const drifts = (status?.drifts ?? []).filter(({ ref }) => isMeant(facts, ref));
  const [newest] = drifts.toSorted((left, right) => (left.observedAt < right.observedAt ? 1 : -1));
  if (newest === undefined) return { stage: 'drift', state: 'passed', sentence: 'nothing drifted' };
  const more = drifts.length === 1 ? '' : ` (and ${drifts.length - 1} more)`;
  const keep =
    record.mode === 'heal'
      ? 'The agent corrects it'
      : `\`fairlead app sync ${record.application}\` undoes it`;
  return {
    stage: 'drift',
    state: 'stopped',
    sentence: `${describeDrift(newest, object === undefined ? record.namespace : '', viewer)}${more}; ${describeMode(record.mode, drifts.length)}`,
    remedy: `${keep}; to keep what was changed, write it into Git`,
  };
}

export function healthStep(facts: ExplainFacts): Step {
  const { status, object } = facts;
  const health: Health | undefined = object === undefined ? status?.health : objectsOf(facts)[0]?.health;
  if (health === undefined) {
    const sentence = object === undefined ? 'its health is not known' : 'its kind has no health to judge';
    return { stage: 'health', state: 'passed', sentence };
  }
  if (health.status === 'Healthy') return { stage: 'health', state: 'passed', sentence: 'it is healthy' };
  const why = health.message === '' ? '' : `: ${health.message}`;
  const sentence = `it is ${health.status.toLowerCase()}${why}`;
  if (health.status === 'Suspended') {
    return { stage: 'health', state: 'warned', sentence, remedy: 'It goes on when it is resumed in Git' };
  }
  const remedy =
    health.status === 'Progressing' ? 'Wait, or see its events and pods' : 'See its events and pods';
  return { stage: 'health', state: 'stopped', sentence, remedy };
}

function isDone(facts: ExplainFacts): boolean {
  const { record, status } = facts;
  return status?.sync === 'Synced' && status.digest === record.digest;
}

function failuresOf(facts: ExplainFacts): readonly ObjectFailure[] {
  return (facts.status?.failures ?? []).filter(({ ref }) => isMeant(facts, ref));
}

function objectsOf(facts: ExplainFacts): readonly ObjectStatus[] {
  return (facts.status?.objects ?? []).filter(({ ref }) => isMeant(facts, ref));
}

function isMeant({ object }: ExplainFacts, ref: ObjectStatus['ref']): boolean {
  return object === undefined || formatRef(object.ref) === formatRef(ref);
}
