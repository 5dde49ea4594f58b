import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Settings } from '../cli/settings.ts';
import { ManagedProcess } from '../test/clusters/managed-process.ts';
import type { Reaper } from '../test/clusters/reaper.ts';

/** The command as a user starts it. */
export const fairleadPath = join(import.meta.dirname, '../bin/fairlead');

const startLimitMs = 60_000;
const commandLimitMs = 120_000;

interface HubOptions {
  readonly logs: string;
  readonly reaper: Reaper;
  readonly dataDir: string;
  readonly fleetUrl: string;
  readonly webhookSecret: string;
  readonly notificationSecrets: string;
  readonly helm: string;
  readonly kustomize: string;
}

/** A hub that can go away and come back at the same addresses with the same data. */
export class HubProcess {
  readonly #options: HubOptions;
  #process: ManagedProcess | undefined;
  #addresses = { api: '127.0.0.1:0', agents: '127.0.0.1:0' };
  #token = '';

  constructor(options: HubOptions) {
    this.#options = options;
  }

  /** `http://host:port`. */
  get api(): string {
    return `http://${this.#addresses.api}`;
  }

  /** The API's bearer token, which the hub printed at its first start. */
  get token(): string {
    return this.#token;
  }

  /** What the CLI and its client need. */
  get settings(): Settings {
    const { api: server, token } = this;
    return { server, token, serverFrom: 'demo', tokenFrom: 'demo', configFile: '', configFound: false };
  }

  get process(): ManagedProcess | undefined {
    return this.#process;
  }

  /** Resolves when it has read the fleet repository. Throws with its last log lines where it doesn't come up. */
  async start(): Promise<void> {
    const { logs, reaper } = this.#options;
    const hub = new ManagedProcess({
      name: 'hub',
      command: fairleadPath,
      args: ['hub'],
      dir: logs,
      reaper,
      env: this.#environment(),
    });
    this.#process = hub;
    const output = () => readFileSync(hub.logFile, 'utf8');
    const find = (pattern: RegExp) => [...output().matchAll(pattern)].at(-1)?.[1];
    const answers = async (): Promise<boolean> => {
      const api = find(/^API +http:\/\/(\S+)$/gm);
      const agents = find(/^agents +(\S+)$/gm);
      if (api === undefined || agents === undefined) return false;
      this.#addresses = { api, agents };
      const response = await fetch(`${this.api}/readyz`).catch(() => undefined);
      return response?.ok === true;
    };
    await hub.waitUntilReady(answers, startLimitMs);
    this.#token = find(/^token +(\S+)$/gm) ?? '';
  }

  /** Ends it as a service manager does; what it keeps stays. */
  async stop(): Promise<void> {
    const hub = this.#process;
    this.#process = undefined;
    await hub?.stop();
  }

  #environment(): NodeJS.ProcessEnv {
    const { dataDir, fleetUrl, webhookSecret, notificationSecrets, helm, kustomize } = this.#options;
    return {
      PATH: process.env.PATH,
      HOME: dataDir,
      FAIRLEAD_FLEET_URL: fleetUrl,
      FAIRLEAD_DATA_DIR: dataDir,
      FAIRLEAD_API_LISTEN: this.#addresses.api,
      FAIRLEAD_AGENTS_LISTEN: this.#addresses.agents,
      FAIRLEAD_ADVERTISE: '127.0.0.1',
      FAIRLEAD_WEBHOOK_SECRET: webhookSecret,
      FAIRLEAD_NOTIFICATION_SECRETS: notificationSecrets,
      FAIRLEAD_HELM: helm,
      FAIRLEAD_KUSTOMIZE: kustomize,
    };
  }
}

interface AgentOptions {
  readonly name: string;
  readonly context: string;
  readonly kubeconfig: string | undefined;
  readonly token: string;
  readonly stateDir: string;
  readonly namespace: string;
  readonly logs: string;
  readonly reaper: Reaper;
}

export function startAgent(options: AgentOptions): ManagedProcess {
  const { name, context, kubeconfig, token, stateDir, namespace, logs, reaper } = options;
  // A kubeconfig of the user's may run a program that signs in, which needs the user's own environment.
  const environment = kubeconfig === undefined ? process.env : { PATH: process.env.PATH, HOME: stateDir };
  return new ManagedProcess({
    name: `agent-${name}`,
    command: fairleadPath,
    args: ['agent'],
    dir: logs,
    reaper,
    env: {
      ...environment,
      FAIRLEAD_ENROLL_TOKEN: token,
      FAIRLEAD_STATE_DIR: stateDir,
      FAIRLEAD_CONTEXT: context,
      FAIRLEAD_NAMESPACE: namespace,
      ...(kubeconfig === undefined ? {} : { FAIRLEAD_KUBECONFIG: kubeconfig }),
    },
  });
}

export interface CommandResult {
  /** Exit code; 1 where a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the CLI to its end. Never throws: an exit code is a result. */
export function runFairlead(args: readonly string[], settings: Settings): Promise<CommandResult> {
  const env = {
    ...process.env,
    NO_COLOR: '1',
    // Who asks for a proposal: the same person as the clone's commits are of.
    GIT_AUTHOR_NAME: 'Ada Author',
    GIT_AUTHOR_EMAIL: 'ada@example.com',
    FAIRLEAD_SERVER: settings.server,
    FAIRLEAD_TOKEN: settings.token ?? '',
  };
  return new Promise((resolve) => {
    execFile(fairleadPath, [...args], { env, timeout: commandLimitMs }, (error, stdout, stderr) => {
      const code = typeof error?.code === 'number' ? error.code : error ? 1 : 0;
      resolve({ code, stdout, stderr });
    });
  });
}
