import { displayRef } from '../../core/object-ref.ts';
import { agentStep, applyStep, driftStep, gatesStep, healthStep } from './cluster-steps.ts';
import { type Explanation, type Stage, type Step, stages } from './explanation.ts';
import type { ExplainFacts } from './facts.ts';
import { commitStep, destinationStep, documentStep, projectStep, sourceStep } from './git-steps.ts';

const stepOf: Readonly<Record<Stage, (facts: ExplainFacts) => Step>> = {
  commit: commitStep,
  document: documentStep,
  project: projectStep,
  destination: destinationStep,
  source: sourceStep,
  gates: gatesStep,
  agent: agentStep,
  apply: applyStep,
  drift: driftStep,
  health: healthStep,
};

/**
 * Walks from the commit to the health of what runs and stops at the first station that holds it back: whatever comes
 * after that can't be otherwise before this is mended (design §5.7).
 */
export function explain(facts: ExplainFacts): Explanation {
  const steps: Step[] = [];
  for (const stage of stages) {
    const step = stepOf[stage](facts);
    steps.push(step);
    if (step.state === 'stopped') break;
  }
  const { object, record } = facts;
  return {
    application: record.application,
    ...(object === undefined ? {} : { ref: object.ref }),
    sentence: `${subjectOf(facts)} ${conclusion(steps)}`,
    steps,
  };
}

function subjectOf({ record, object }: ExplainFacts): string {
  const application = record.cluster === '' ? record.name : `${record.cluster}/${record.name}`;
  return object === undefined ? application : `${displayRef(object.ref)} of ${application}`;
}

function conclusion(steps: readonly Step[]): string {
  const last = steps.at(-1);
  if (last?.state === 'stopped') return `is held back at ${stopWords[last.stage]}: ${last.sentence}.`;
  const warned = steps.filter(({ state }) => state === 'warned');
  const [first] = warned;
  if (first === undefined) return 'is as Git says, and healthy.';
  const more = warned.length === 1 ? '' : ` (and ${warned.length - 1} more to look at)`;
  return `is as Git says; but ${first.sentence}${more}.`;
}

const stopWords: Readonly<Record<Stage, string>> = {
  commit: 'the fleet repository',
  document: 'its document',
  project: 'its project',
  destination: 'its destination',
  source: 'its source',
  gates: 'a gate',
  agent: 'its agent',
  apply: 'applying',
  drift: 'drift',
  health: 'health',
};
