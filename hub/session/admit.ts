import { type ProtocolRange, supportedProtocol } from '../../core/session.ts';
import type { HubSessionFacts } from './session.ts';

/** Why an agent is turned away. The message is for the person who reads the agent's log. */
export interface Rejection {
  readonly code: string;
  readonly message: string;
}

/** The newest protocol that both speak; `undefined` where there is none. */
export function chooseProtocol(agent: ProtocolRange): number | undefined {
  const newest = Math.min(agent.max, supportedProtocol.max);
  return newest >= Math.max(agent.min, supportedProtocol.min) ? newest : undefined;
}

/** Whether a greeting fits the certificate that came with it. */
export function checkGreeting(
  facts: HubSessionFacts,
  hello: { readonly cluster: string; readonly agentVersion: string; readonly protocol: ProtocolRange },
): Rejection | undefined {
  if (facts.certificateName === '') {
    return {
      code: 'unauthenticated',
      message: `the agent's certificate is missing, expired or of another hub. Enrol it again: ${enrol(hello.cluster)}`,
    };
  }
  if (facts.certificateName !== hello.cluster) {
    return {
      code: 'denied',
      message:
        `the agent says it is cluster ${hello.cluster}, but its certificate is for ${facts.certificateName}. ` +
        `Start it with the folder that was enrolled for ${hello.cluster}, or enrol it: ${enrol(hello.cluster)}`,
    };
  }
  if (chooseProtocol(hello.protocol) === undefined) {
    const { min, max } = supportedProtocol;
    const older = hello.protocol.max < min ? 'agent' : 'hub';
    return {
      code: 'unsupported',
      message:
        `the agent (${hello.agentVersion}) speaks session protocol ${hello.protocol.min} to ${hello.protocol.max}, ` +
        `the hub (${facts.hubVersion}) ${min} to ${max}. Upgrade the ${older}`,
    };
  }
  return undefined;
}

/** Whether the certificate is the one that was enrolled last for its cluster, and still counts. */
export function checkEnrolled(
  facts: HubSessionFacts,
  enrolled: { readonly enrolledFingerprint: string | undefined; readonly isDecommissioned: boolean },
): Rejection | undefined {
  const cluster = facts.certificateName;
  const { enrolledFingerprint, isDecommissioned } = enrolled;
  if (enrolledFingerprint === undefined) {
    return {
      code: 'unauthenticated',
      message: `this hub has no enrolment of cluster ${cluster}. Enrol it: ${enrol(cluster)}`,
    };
  }
  if (enrolledFingerprint !== facts.certificateFingerprint) {
    return {
      code: 'unauthenticated',
      message:
        `cluster ${cluster} was enrolled again with another certificate, so this one no longer counts. ` +
        `Stop this agent, or enrol it: ${enrol(cluster)}`,
    };
  }
  return isDecommissioned ? decommissioned(cluster) : undefined;
}

/** What the agent of a cluster that has left the fleet is told. It takes its own traces away where it owns nothing more. */
export function decommissioned(cluster: string): Rejection {
  return {
    code: 'decommissioned',
    message:
      `cluster ${cluster} has left the fleet, so this agent has nothing to do. Uninstall it, or bring the cluster ` +
      `back: ${enrol(cluster)}`,
  };
}

function enrol(cluster: string): string {
  return `fairlead cluster enroll ${cluster}`;
}
