import { join } from 'node:path';
import { parseEnrollmentToken } from '../core/enrollment-token.ts';
import { AppError } from '../core/error.ts';
import type { Log } from '../core/log.ts';
import { version } from '../core/version.ts';
import type { AgentConfig } from './config.ts';
import { openEngine } from './engine.ts';
import { openKube, type KubeOptions } from './kube/client.ts';
import { openConnection } from './kube/connection.ts';
import { openOutbox } from './report/open-outbox.ts';
import { openState } from './state/open-state.ts';
import { type AgentIdentity, readIdentity } from './stream/agent-identity.ts';
import { enroll } from './stream/enroll.ts';
import { openSession } from './stream/open-session.ts';

/** A running agent. */
export interface Agent {
  readonly cluster: string;
  /** `host:port` of its hub. */
  readonly hub: string;
  /** Resolves when there is nothing to do now. */
  whenIdle(): Promise<void>;
  close(): Promise<void>;
}

/** What tests put in place of the real thing. */
interface AgentOverrides {
  readonly kube?: KubeOptions;
}

/** Builds every edge of an agent from its configuration and starts it. Throws AppError; then nothing is left open. */
export async function openAgent(config: AgentConfig, log: Log, overrides: AgentOverrides = {}): Promise<Agent> {
  const closers: (() => Promise<void> | void)[] = [];
  async function close(): Promise<void> {
    for (const closer of closers.splice(0).reverse()) await closer();
  }
  try {
    return { ...(await openParts(config, log, overrides, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}
