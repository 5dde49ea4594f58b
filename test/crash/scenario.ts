import type { EngineOperation } from '../../agent/engine/engine-api.ts';
import type { DesiredApplication } from '../../core/desired.ts';
import type { KubeClient } from '../clusters/kube-client.ts';
import type { MortalAgent } from './mortal-agent.ts';

/** One desired state after another, each to be reached whatever happens on the way. */
export interface Scenario {
  readonly name: string;
  /** `namespace` is of this run alone; it is a part of the names of its applications too. */
  readonly stages: (namespace: string) => readonly Stage[];
}

export interface Stage {
  readonly name: string;
  readonly applications: readonly DesiredApplication[];
  readonly operations?: readonly EngineOperation[];
  /** What a person does before; may be tried again. */
  readonly before?: (client: KubeClient) => Promise<void>;
  /** `Kind/name` of what goes by itself at its end, such as a hook with a delete policy. */
  readonly leaving?: readonly string[];
  /** What the cluster shows at its end, where nothing is asked for and the agent acts by itself. */
  readonly isSettled?: (client: KubeClient) => Promise<boolean>;
  /** Where being as Git says isn't what it ends with. */
  readonly isDone?: (agent: MortalAgent) => boolean;
}
