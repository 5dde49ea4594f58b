import { formatAge, formatMoment, type Viewer } from '../../core/time-text.ts';
import type { Link, Tone } from './summarise.ts';

/** What is known of one cluster, for its sentence. */
export interface ClusterFacts {
  readonly name: string;
  readonly declared: boolean;
  readonly enrolled: boolean;
  readonly link: Link;
  readonly agentVersion?: string;
  readonly kubernetesVersion?: string;
  readonly problems: readonly string[];
  readonly applications: number;
  readonly openDrifts: number;
  /** The operation by which it leaves the fleet now. */
  readonly decommission?: string;
  /** When it left the fleet, ISO 8601. */
  readonly decommissionedAt?: string;
}

/** Whether one can trust what is shown of a cluster, in one sentence. */
export function summariseCluster(
  facts: ClusterFacts,
  viewer: Viewer,
): { readonly sentence: string; readonly tone: Tone } {
  const { predicate, tone } = judge(facts, viewer);
  return { sentence: `${facts.name} ${predicate}.`, tone };
}

function judge(facts: ClusterFacts, viewer: Viewer): { readonly predicate: string; readonly tone: Tone } {
  if (facts.decommission !== undefined) {
    const count = `${facts.applications} ${facts.applications === 1 ? 'application' : 'applications'}`;
    const contact = facts.link.type === 'silent' ? '; its agent is silent, so nothing comes of it now' : '';
    const predicate = `is being decommissioned (${count}; fairlead operation get ${facts.decommission})${contact}`;
    return { predicate, tone: 'attention' };
  }
  if (facts.decommissionedAt !== undefined) {
    const at = formatMoment(facts.decommissionedAt, viewer);
    const predicate = `left the fleet ${at}: remove its document from Git, or bring it back with \`fairlead cluster enroll ${facts.name}\``;
    return { predicate, tone: 'unknown' };
  }
  if (!facts.declared) {
    return { predicate: 'has an agent but no Cluster document: nothing is sent to it', tone: 'attention' };
  }
  if (facts.link.type === 'silent')
    return { predicate: silence(facts, facts.link.since, viewer), tone: 'unknown' };
  const versions = [`agent ${facts.agentVersion ?? 'of unknown version'}`];
  if (facts.kubernetesVersion !== undefined) versions.push(`Kubernetes ${facts.kubernetesVersion}`);
  const start = `is connected (${versions.join(', ')})`;
  const [problem] = facts.problems;
  if (problem !== undefined) return { predicate: `${start}, but ${problem}`, tone: 'attention' };
  const drifts = facts.openDrifts === 0 ? '' : `, ${count(facts.openDrifts, 'open drift')}`;
  const tone = facts.openDrifts === 0 ? 'calm' : 'attention';
  return { predicate: `${start}, ${count(facts.applications, 'application')}${drifts}`, tone };
}

function silence(facts: ClusterFacts, since: string | undefined, viewer: Viewer): string {
  if (since !== undefined) {
    return `is unknown: agent silent since ${formatMoment(since, viewer)} (${formatAge(since, viewer.now)})`;
  }
  if (facts.enrolled) return 'is enrolled, but its agent has never connected';
  return `has no agent yet: enrol one with \`fairlead cluster enroll ${facts.name}\``;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
