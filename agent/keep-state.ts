import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { AppError, formatError } from '../core/error.ts';
import type { Log } from '../core/log.ts';
import type { AgentConfig } from './config.ts';
import { fenceKube } from './kube/fence-kube.ts';
import type { KubePort, StatePort } from './ports.ts';
import type { Outbox } from './report/open-outbox.ts';
import { FolderMirror } from './state/folder-mirror.ts';
import { LeaseHold, type LeaseTiming } from './state/lease-hold.ts';
import type { AgentState } from './state/open-state.ts';
import { SecretVault } from './state/secret-vault.ts';

/** Of the Lease and of the Secrets; the chart's Role names them. */
const ownName = 'fairlead-agent-state';
/** A change that nobody waits for is in the Secrets after so long. */
const mirrorMs = 5_000;

export interface StateKeeper {
  /** The port that may write only while this agent is the only one. */
  fence(kube: KubePort): KubePort;
  /** From here on the folder's state is kept. `onProblem`: why it can't be now; `undefined` once it can. */
  keep(parts: KeptParts): Promise<KeptState>;
  /** Resolves when another agent took over, and this one must end. */
  readonly lost: Promise<AppError>;
  /** To be called last: another agent may start from here on. */
  close(): Promise<void>;
}

export interface KeptState {
  /** The state, whose desired state is kept before it is in force. */
  readonly state: StatePort;
  close(): Promise<void>;
}

interface KeptParts {
  readonly state: AgentState;
  readonly outbox: Outbox;
  readonly onProblem: (problem: string | undefined) => void;
}

interface KeeperOptions {
  readonly kube: KubePort;
  readonly log: Log;
  readonly leaseTiming?: LeaseTiming;
}

type KeeperConfig = Pick<AgentConfig, 'stateDir' | 'stateIn' | 'namespace'>;

/**
 * Where an agent's state survives. `folder`: in its folder, which is a volume or a disk. `secret`: in Secrets of its
 * namespace, of which the folder is a working copy, made anew here; resolves once this agent holds the Lease.
 */
export function openStateKeeper(config: KeeperConfig, options: KeeperOptions): Promise<StateKeeper> {
  return config.stateIn === 'folder' ? Promise.resolve(folderKeeper()) : SecretKeeper.open(config, options);
}

function folderKeeper(): StateKeeper {
  return {
    fence: (kube) => kube,
    keep: async ({ state }) => ({ state, close: () => Promise.resolve() }),
    lost: new Promise(() => undefined),
    close: () => Promise.resolve(),
  };
}

class SecretKeeper implements StateKeeper {
  readonly lost: Promise<AppError>;
  readonly #lease: LeaseHold;
  readonly #mirror: FolderMirror;
  readonly #log: Log;
  readonly #lose: (error: AppError) => void;
  #syncing: Promise<void> = Promise.resolve();

  private constructor(
    lease: LeaseHold,
    mirror: FolderMirror,
    log: Log,
    lost: PromiseWithResolvers<AppError>,
  ) {
    this.#lease = lease;
    this.#mirror = mirror;
    this.#log = log;
    this.lost = lost.promise;
    this.#lose = lost.resolve;
  }

  static async open(config: KeeperConfig, { kube, log, leaseTiming }: KeeperOptions): Promise<SecretKeeper> {
    const { namespace } = config;
    const lost = Promise.withResolvers<AppError>();
    const lease = new LeaseHold({
      kube,
      namespace,
      name: ownName,
      holder: `${hostname()}_${randomUUID()}`,
      log,
      clock: { now: () => new Date(), monotonic: () => performance.now(), setTimer },
      onLost: (holder) => lost.resolve(tookOver(holder)),
      ...(leaseTiming === undefined ? {} : { timing: leaseTiming }),
    });
    await lease.acquire();
    try {
      const vault = await SecretVault.open({ kube, namespace, name: ownName });
      const mirror = await FolderMirror.restore(config.stateDir, vault);
      return new SecretKeeper(lease, mirror, log, lost);
    } catch (error) {
      await lease.close();
      throw error;
    }
  }

  fence(kube: KubePort): KubePort {
    return fenceKube(kube, () => this.#lease.isHeld);
  }

  async keep(parts: KeptParts): Promise<KeptState> {
    const { state } = parts;
    let timer: { cancel(): void } | undefined;
    let isClosed = false;
    const next = (): void => {
      if (isClosed) return;
      timer = setTimer(mirrorMs, () => void this.#sync(parts).then(next));
    };
    await this.#sync(parts);
    next();
    return {
      state: {
        readDesired: () => state.readDesired(),
        readBlobs: (digests) => state.readBlobs(digests),
        readDocument: (name) => state.readDocument(name),
        saveDocument: (name, value) => state.saveDocument(name, value),
        saveDesired: async (desired, blobs) => {
          await state.saveDesired(desired, blobs);
          await this.#sync(parts);
        },
      },
      close: async () => {
        isClosed = true;
        timer?.cancel();
        await this.#sync(parts);
      },
    };
  }

  close(): Promise<void> {
    return this.#lease.close();
  }

  /** One after another. Never throws: what could not be kept is told, and is due again. */
  #sync(parts: KeptParts): Promise<void> {
    this.#syncing = this.#syncing.then(() => this.#syncNow(parts));
    return this.#syncing;
  }

  async #syncNow({ state, outbox, onProblem }: KeptParts): Promise<void> {
    if (!this.#lease.isHeld) return;
    try {
      const changes = await state.still(() => this.#mirror.collect(outbox.snapshot()));
      await this.#mirror.commit(changes);
      onProblem(undefined);
    } catch (caught) {
      const error = AppError.from(caught);
      this.#log.warn({ error: formatError(error) }, "the agent's state is not kept in Secrets now");
      if (error.code === 'conflict') return this.#lose(error);
      onProblem(`a pod that is moved now would go on from an older state: ${error.message}`);
    }
  }
}

function tookOver(holder: string): AppError {
  return new AppError('conflict', `another agent took over the state of this one: ${holder}`, {
    remedy:
      'Nothing, where the pod was moved. Else see that only one Deployment of one replica runs in this namespace',
  });
}

function setTimer(ms: number, run: () => void): { cancel(): void } {
  const timer = setTimeout(run, ms);
  return { cancel: () => clearTimeout(timer) };
}
