import type { Viewer } from '../../core/time-text.ts';
import { type ClusterFacts, summariseCluster } from '../drift/summarise-cluster.ts';
import type { Verdict } from './incident.ts';

/** Agents reconnect within seconds, and a hub or node is restarted within minutes. */
const silenceWaitMs = 5 * 60_000;

function clusterIncidentKey(cluster: string): string {
  return `agent-silent/${cluster}`;
}

/**
 * Whether a cluster's agent is missed: one incident for the cluster, whatever runs there. An agent that nobody has
 * enrolled yet isn't.
 */
export function evaluateCluster(facts: ClusterFacts, environment: string, viewer: Viewer): Verdict {
  const key = clusterIncidentKey(facts.name);
  const { link } = facts;
  if (link.type === 'connected' || !facts.declared || !facts.enrolled) return { type: 'absent', key };
  return {
    type: 'holds',
    condition: {
      key,
      trigger: 'agent-silent',
      subject: { cluster: facts.name, environment },
      summary: summariseCluster(facts, viewer).sentence,
      detail: '',
      nextStep: `Is its agent running, and can it reach the hub? fairlead cluster get ${facts.name}`,
      waitMs: silenceWaitMs,
      severity: 'critical',
      ...(link.since === undefined ? {} : { since: link.since }),
    },
  };
}
