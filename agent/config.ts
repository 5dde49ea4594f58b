import { AppError } from '../core/error.ts';
import type { Guard } from '../core/guard.ts';
import type { ConnectionSource } from './kube/connection.ts';
import { readGuard } from './read-guard.ts';

export interface AgentConfig {
  /** Key, certificate, desired state, unsent reports. One agent each. */
  readonly stateDir: string;
  /** Where the state survives: in that folder, or in Secrets of the agent's namespace, of which it is a working copy. */
  readonly stateIn: 'folder' | 'secret';
  /** `from-secrets`: a state that Secrets of the agent's namespace hold moves into the folder. */
  readonly carryOver: 'from-secrets' | 'none';
  /** Of `fairlead cluster enroll`; only needed at the first start. */
  readonly enrollmentToken: string | undefined;
  readonly cluster: ConnectionSource;
  /** The agent's own namespace in the cluster: it keeps its inventory there. */
  readonly namespace: string;
  readonly guard: Guard;
  /** Where probes and metrics are answered; `undefined`: nowhere. */
  readonly probe: { readonly host: string; readonly port: number } | undefined;
  /** Where the API server asks before it writes, and the webhook configuration that tells it so; `undefined`: nobody is heard of. */
  readonly admission:
    | { readonly listen: { readonly host: string; readonly port: number }; readonly webhook: string }
    | undefined;
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
  state: [
    'FAIRLEAD_STATE',
    "folder: the state survives there; secret: in Secrets of the agent's namespace, under a Lease (folder)",
  ],
  'carry-over': [
    'FAIRLEAD_CARRY_OVER',
    'true: with the state in the folder, one that Secrets of this agent still hold moves into it, once (false)',
  ],
  'enroll-token': ['FAIRLEAD_ENROLL_TOKEN', 'the token of `fairlead cluster enroll`, at the first start'],
  kubeconfig: [
    'FAIRLEAD_KUBECONFIG',
    'reach the cluster by a kubeconfig (inside a cluster: its service account)',
  ],
  context: ['FAIRLEAD_CONTEXT', 'the context of the kubeconfig (its current one)'],
  namespace: ['FAIRLEAD_NAMESPACE', "the agent's own namespace (fairlead-system)"],
  namespaces: [
    'FAIRLEAD_NAMESPACES',
    'touch only objects in these namespaces: names or patterns such as team-*, a comma between two (all)',
  ],
  'cluster-scoped': [
    'FAIRLEAD_CLUSTER_SCOPED',
    'false: touch nothing that stands in no namespace (true; false where namespaces are given)',
  ],
  'allow-kinds': [
    'FAIRLEAD_ALLOW_KINDS',
    'touch only these kinds: Kind, group/Kind or patterns such as apps/*, a comma between two (all)',
  ],
  'deny-kinds': ['FAIRLEAD_DENY_KINDS', 'never touch these kinds, written likewise (none)'],
  'observe-only': [
    'FAIRLEAD_OBSERVE_ONLY',
    'true: never write to the cluster, report differences only (false)',
  ],
  'dry-run': [
    'FAIRLEAD_DRY_RUN',
    'true: one that observes only may ask the API server by dry-runs, for exact verdicts (false)',
  ],
  'max-prune': [
    'FAIRLEAD_MAX_PRUNE',
    'most objects of one application that one change may delete (no limit but the brake)',
  ],
  'max-hold': [
    'FAIRLEAD_MAX_HOLD',
    'how long a hold set with kubectl counts at most, such as 90m; 0s: not at all (4h)',
  ],
  logs: ['FAIRLEAD_LOGS', 'false: logs of pods are shown to nobody (true)'],
  'probe-listen': [
    'FAIRLEAD_PROBE_LISTEN',
    'address for /healthz, /readyz and /metrics over HTTP, such as :8081 (none)',
  ],
  'admission-listen': [
    'FAIRLEAD_ADMISSION_LISTEN',
    'address for admission reviews over HTTPS, such as :9443, so that drift names the person too (none)',
  ],
  'admission-webhook': [
    'FAIRLEAD_ADMISSION_WEBHOOK',
    'the ValidatingWebhookConfiguration that is told how to ask there; needed with the address',
  ],
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
  return {
    stateDir: raw['state-dir'] ?? './fairlead-agent',
    stateIn: stateOf(raw.state),
    carryOver: carryOverOf(raw['carry-over']),
    // A file that became a Secret often ends with a line feed.
    enrollmentToken: raw['enroll-token']?.trim(),
    cluster: clusterOf(raw, inCluster),
    namespace: namespaceName('namespace', raw.namespace ?? 'fairlead-system'),
    guard: readGuard(raw, invalid),
    probe: listenOf('probe-listen', raw['probe-listen']),
    admission: admissionOf(raw),
    logLevel,
  };
}

function namespaceName(setting: AgentSetting, name: string): string {
  if (/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(name)) return name;
  throw invalid(setting, `must be the name of a namespace (a-z, 0-9 and -), not "${name}"`);
}

function stateOf(text = 'folder'): AgentConfig['stateIn'] {
  if (text === 'folder' || text === 'secret') return text;
  throw invalid('state', `must be folder or secret, not "${text}"`);
}

function carryOverOf(text = 'false'): AgentConfig['carryOver'] {
  if (text === 'true' || text === 'false') return text === 'true' ? 'from-secrets' : 'none';
  throw invalid('carry-over', `must be true or false, not "${text}"`);
}

function admissionOf(raw: RawAgentConfig): AgentConfig['admission'] {
  const listen = listenOf('admission-listen', raw['admission-listen']);
  const webhook = raw['admission-webhook'];
  if (listen === undefined && webhook === undefined) return undefined;
  if (listen === undefined) throw invalid('admission-listen', 'is missing: admission-webhook goes with it');
  if (webhook === undefined) throw invalid('admission-webhook', 'is missing: admission-listen goes with it');
  return { listen, webhook };
}

function listenOf(setting: AgentSetting, text: string | undefined): AgentConfig['probe'] {
  if (text === undefined) return undefined;
  const match = /^(|[^\s:]+|\[[0-9A-Fa-f:.]+\]):(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw invalid(setting, `must be an address such as :8081 or 127.0.0.1:8081, not "${text}"`);
  }
  return { host: (match[1] ?? '').replace(/^\[|\]$/g, ''), port };
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
