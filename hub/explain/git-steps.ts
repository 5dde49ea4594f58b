import { commitName } from '../../core/commit.ts';
import type { Gate } from '../../core/gate.ts';
import type { Problem } from '../../core/problem.ts';
import { formatMoment } from '../../core/time-text.ts';
import type { Step } from './explanation.ts';
import { type ExplainFacts, problemsIn } from './facts.ts';

/** Stations of the hub: from the commit to the objects that the agent is sent. */

export function commitStep({ fleet, fleetCommit, viewer }: ExplainFacts): Step {
  if (fleetCommit === undefined) {
    const why = fleet?.problem ?? 'the hub has only just started';
    return {
      stage: 'commit',
      state: 'stopped',
      sentence: `the fleet repository has not been read yet: ${why}`,
      remedy: '`fairlead doctor` tells what is in the way',
    };
  }
  const commit = fleetCommit.slice(0, 7);
  if (fleet?.problem !== undefined) {
    const last = fleet.fetchedAt === undefined ? '' : ` since ${formatMoment(fleet.fetchedAt, viewer)}`;
    return {
      stage: 'commit',
      state: 'warned',
      sentence: `the fleet repository can't be fetched${last}, so ${commit} stays in force: ${fleet.problem}`,
      remedy: 'Newer commits take effect once it can be fetched; `fairlead doctor` tells more',
    };
  }
  return { stage: 'commit', state: 'passed', sentence: `the fleet repository was read at ${commit}` };
}

export function documentStep(facts: ExplainFacts): Step {
  const { record } = facts;
  const { location } = record;
  if (record.removal !== undefined) {
    const deed = record.removal === 'delete' ? 'are deleted' : 'are left as they are and released';
    return {
      stage: 'document',
      state: 'passed',
      location,
      sentence: `its document left Git: its objects ${deed}`,
    };
  }
  const frozen = frozenGate(facts);
  if (frozen?.location?.file === location.file) return stoppedAt('document', frozen);
  const [problem] = problemsIn(facts, location.file);
  if (problem !== undefined) return warnedOf(problem);
  return { stage: 'document', state: 'passed', location, sentence: 'its document is read' };
}

/** A file that can't be read stays at its last good version: what it said holds. */
function warnedOf(problem: Problem): Step {
  return {
    stage: 'document',
    state: 'warned',
    sentence: `its file stays at its last good version: ${problem.message}`,
    ...(problem.location === undefined ? {} : { location: problem.location }),
    remedy: problem.remedy ?? 'Mend the file in Git',
  };
}

export function projectStep(facts: ExplainFacts): Step {
  const { record, catalog } = facts;
  const project = catalog?.projects.get(record.project);
  const frozen = frozenGate(facts);
  const isOfProject = project !== undefined && frozen?.location?.file === project.location.file;
  if (frozen !== undefined && isOfProject) return stoppedAt('project', frozen);
  const refusal = refusalGate(facts);
  if (refusal !== undefined && !isOfDestination(facts, refusal)) return stoppedAt('project', refusal);
  const place = project === undefined ? {} : { location: project.location };
  const allows = refusal === undefined ? 'allows source, destination and objects' : 'is known';
  return { stage: 'project', state: 'passed', sentence: `project ${record.project} ${allows}`, ...place };
}

export function destinationStep(facts: ExplainFacts): Step {
  const { record, catalog } = facts;
  const refusal = refusalGate(facts);
  if (refusal !== undefined) return stoppedAt('destination', refusal);
  const leaving = record.gates.find(({ kind }) => kind === 'decommission');
  if (leaving !== undefined) return stoppedAt('destination', leaving);
  const cluster = catalog?.clusters.get(record.cluster);
  const environment = record.environment === '' ? '' : ` (${record.environment})`;
  return {
    stage: 'destination',
    state: 'passed',
    sentence: `it goes to cluster ${record.cluster}${environment}, namespace ${record.namespace}, mode ${record.mode}`,
    ...(cluster === undefined ? {} : { location: cluster.location }),
  };
}

/** Whether a refusal speaks of the cluster, which a project can't judge before it is known. */
function isOfDestination({ record, catalog }: ExplainFacts, gate: Gate): boolean {
  if (record.cluster === '') return catalog?.projects.has(record.project) === true;
  const files = [...(catalog?.clusters.values() ?? [])].map(({ location }) => location.file);
  return gate.location !== undefined && files.includes(gate.location.file);
}

export function sourceStep(facts: ExplainFacts): Step {
  const { record, object } = facts;
  const frozen = frozenGate(facts);
  if (frozen !== undefined) return stoppedAt('source', frozen);
  if (record.digest === undefined) return neverRendered(facts);
  const commit = record.commit === undefined ? '' : ` at ${commitName(record.commit)}`;
  const several = record.sources?.length;
  const source =
    several === undefined
      ? `${record.repoURL} ${record.chart ?? record.path}${commit}`
      : `its ${several} sources`;
  const declared = object?.declared;
  if (declared?.type === 'at') {
    return {
      stage: 'source',
      state: 'passed',
      location: declared.location,
      sentence: `${several === undefined ? source : `one of ${source}`} declares it`,
    };
  }
  if (declared?.type !== 'gone' || record.removal !== undefined) {
    return { stage: 'source', state: 'passed', sentence: `it is rendered from ${source}` };
  }
  const gone = several === undefined ? `${source} no longer` : `none of ${source} any longer`;
  return {
    stage: 'source',
    state: 'stopped',
    sentence: `${gone} declares it, and it was not deleted`,
    remedy: `\`fairlead app get ${record.application}\` shows what keeps it: a gate, a mark against pruning, or prune turned off`,
  };
}

function neverRendered({ record }: ExplainFacts): Step {
  const [problem] = record.problems;
  return {
    stage: 'source',
    state: 'stopped',
    sentence: problem?.message ?? 'it has not been rendered yet',
    ...(problem?.location === undefined ? {} : { location: problem.location }),
    remedy: problem?.remedy ?? '`fairlead doctor` tells whether the hub is in trouble',
  };
}

function frozenGate({ record }: ExplainFacts): Gate | undefined {
  return record.gates.find(({ kind }) => kind === 'frozen');
}

function refusalGate({ record }: ExplainFacts): Gate | undefined {
  return record.gates.find(({ kind }) => kind === 'refusal');
}

function stoppedAt(stage: Step['stage'], gate: Gate): Step {
  return {
    stage,
    state: 'stopped',
    sentence: gate.reason,
    ...(gate.location === undefined ? {} : { location: gate.location }),
    remedy: gate.remedy,
  };
}
