import { AppError } from '../core/error.ts';
import type { ConnectionSource } from './kube/connection.ts';

export interface AgentConfig {
  /** Key, certificate, desired state, unsent reports. One agent each. */
  readonly stateDir: string;
  /** Of `fairlead cluster enroll`; only needed at the first start. */
  readonly enrollmentToken: string | undefined;
  readonly cluster: ConnectionSource;
  /** The agent's own namespace in the cluster: it keeps its inventory there. */
  readonly namespace: string;
  readonly logLevel: string;
}

/** Everything that configures an agent, as texts. Flags win over the environment. */
export type RawAgentConfig = Readonly<Partial<Record<AgentSetting, string>>>;

/** Setting (and flag) → environment variable, with what it is for. */
export const agentSettings = {
  'state-dir': [
    'FAIRLEAD_STATE_DIR',
    'key, certificate, desired state and unsent reports (./fairlead-agent)',
  ],
  'enroll-token': ['FAIRLEAD_ENROLL_TOKEN', 'the token of `fairlead cluster enroll`, at the first start'],
  kubeconfig: [
    'FAIRLEAD_KUBECONFIG',
    'reach the cluster by a kubeconfig (inside a cluster: its service account)',
  ],
  context: ['FAIRLEAD_CONTEXT', 'the context of the kubeconfig (its current one)'],
  namespace: ['FAIRLEAD_NAMESPACE', "the agent's own namespace (fairlead-system)"],
  'log-level': ['FAIRLEAD_LOG_LEVEL', 'trace, debug, info, warn or error (info)'],
} as const;

export type AgentSetting = keyof typeof agentSettings;

const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

export function readAgentEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
): RawAgentConfig {
  const entries = Object.entries(agentSettings).map(([name, [variable]]) => [name, environment[variable]]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined && value !== ''));
}

/** Checks settings and fills in defaults. `inCluster`: this process runs in a pod. Throws AppError `invalid`. */
export function toAgentConfig(raw: RawAgentConfig, inCluster: boolean): AgentConfig {
  const logLevel = raw['log-level'] ?? 'info';
  if (!logLevels.includes(logLevel)) {
    throw invalid('log-level', `must be one of ${logLevels.join(', ')}, not "${logLevel}"`);
  }
  const namespace = raw.namespace ?? 'fairlead-system';
  if (!/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(namespace)) {
    throw invalid('namespace', `must be the name of a namespace (a-z, 0-9 and -), not "${namespace}"`);
  }
  return {
    stateDir: raw['state-dir'] ?? './fairlead-agent',
    enrollmentToken: raw['enroll-token'],
    cluster: clusterOf(raw, inCluster),
    namespace,
    logLevel,
  };
}

/** Says in which two ways the setting may have been given. */
function invalid(setting: AgentSetting, why: string): AppError {
  return new AppError('invalid', `${setting} ${why}`, {
    remedy: `It is set by --${setting} or ${agentSettings[setting][0]}`,
  });
}

function clusterOf(raw: RawAgentConfig, inCluster: boolean): ConnectionSource {
  if (raw.kubeconfig === undefined && raw.context === undefined && inCluster) return { type: 'in-cluster' };
  return {
    type: 'kubeconfig',
    ...(raw.kubeconfig === undefined ? {} : { path: raw.kubeconfig }),
    ...(raw.context === undefined ? {} : { context: raw.context }),
  };
}
