import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { AppError, formatError } from '../core/error.ts';
import type { Log } from '../core/log.ts';
import type { AgentConfig } from './config.ts';
import { fenceKube } from './kube/fence-kube.ts';
import type { KubePort, StatePort } from './ports.ts';
import type { Outbox } from './report/open-outbox.ts';
import { FolderMirror } from './state/folder-mirror.ts';
import { LeaseHold, type LeaseTiming } from './state/lease-hold.ts';
import { MirrorQueue } from './state/mirror-queue.ts';
import { type AgentState, documentPath } from './state/open-state.ts';
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

type KeeperConfig = Pick<AgentConfig, 'stateDir' | 'stateIn' | 'carryOver' | 'namespace'>;

/**
 * Where an agent's state survives. `folder`: in its folder, which is a volume or a disk. `secret`: in Secrets of its
 * namespace, of which the folder is a working copy, made anew here; resolves once this agent holds the Lease. Without a
 * state in the Secrets the folder's moves into them.
 */
export async function openStateKeeper(config: KeeperConfig, options: KeeperOptions): Promise<StateKeeper> {
  if (config.stateIn === 'secret') return SecretKeeper.open(config, options);
  if (config.carryOver === 'from-secrets') await carryOver(config, options);
  return folderKeeper();
}

/** Moves the state from Secrets into the folder, whatever was there; they are empty then, so that it happens once. */
async function carryOver(config: KeeperConfig, options: KeeperOptions): Promise<void> {
  const { lease, vault } = await takeOver(config, options, () => undefined);
  try {
    if (vault.isEmpty) return;
    await FolderMirror.restore(config.stateDir, vault);
    await vault.clear();
    options.log.info({ folder: config.stateDir }, 'the state moved from Secrets into the folder');
  } finally {
    await lease.close();
  }
}

/** Resolves once this agent holds the Lease and has taken the Secrets over. */
async function takeOver(
  { namespace }: KeeperConfig,
  { kube, log, leaseTiming }: KeeperOptions,
  onLost: (holder: string) => void,
): Promise<{ readonly lease: LeaseHold; readonly vault: SecretVault }> {
  const lease = new LeaseHold({
    kube,
    namespace,
    name: ownName,
    holder: `${hostname()}_${randomUUID()}`,
    log,
    clock: { now: () => new Date(), monotonic: () => performance.now(), setTimer },
    onLost,
    ...(leaseTiming === undefined ? {} : { timing: leaseTiming }),
  });
  await lease.acquire();
  try {
    const fenced = fenceKube(kube, () => lease.isHeld);
    return { lease, vault: await SecretVault.open({ kube: fenced, namespace, name: ownName }) };
  } catch (error) {
    await lease.close();
    throw error;
  }
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

  static async open(config: KeeperConfig, options: KeeperOptions): Promise<SecretKeeper> {
    const lost = Promise.withResolvers<AppError>();
    const { lease, vault } = await takeOver(config, options, (holder) => lost.resolve(tookOver(holder)));
    try {
      const mirror = await FolderMirror.restore(config.stateDir, vault);
      return new SecretKeeper(lease, mirror, options.log, lost);
    } catch (error) {
      await lease.close();
      throw error;
    }
  }

  fence(kube: KubePort): KubePort {
    return fenceKube(kube, () => this.#lease.isHeld);
  }

  async keep(parts: KeptParts): Promise<KeptState> {
    const { state, outbox } = parts;
    const queue = new MirrorQueue({
      mirror: this.#mirror,
      still: (task) => state.still(task),
      outbox: () => outbox.snapshot(),
    });
    let timer: { cancel(): void } | undefined;
    let isClosed = false;
    const copyAll = () => this.#copyAll(queue, parts);
    const next = (): void => {
      if (isClosed) return;
      timer = setTimer(mirrorMs, () => void copyAll().then(next));
    };
    await copyAll();
    next();
    return {
      state: {
        readDesired: () => state.readDesired(),
        readBlobs: (digests) => state.readBlobs(digests),
        readDocument: (name) => state.readDocument(name),
        saveDocument: (name, value) => state.saveDocument(name, value),
        secureDocuments: (names) => this.#secure(queue, parts, names),
        saveDesired: async (desired, blobs) => {
          await state.saveDesired(desired, blobs);
          await copyAll();
        },
      },
      close: async () => {
        isClosed = true;
        timer?.cancel();
        await this.#lease.renew();
        await copyAll();
      },
    };
  }

  close(): Promise<void> {
    return this.#lease.close();
  }

  /** Never throws: what could not be kept is told, and is due again. */
  async #copyAll(queue: MirrorQueue, parts: KeptParts): Promise<void> {
    if (!this.#lease.isHeld) return;
    try {
      await queue.copyAll();
      parts.onProblem(undefined);
    } catch (caught) {
      this.#notKept(AppError.from(caught), parts);
    }
  }

  async #secure(queue: MirrorQueue, parts: KeptParts, names: readonly string[]): Promise<void> {
    try {
      await queue.copy(names.map((name) => join('state', documentPath(name))));
    } catch (caught) {
      const error = AppError.from(caught);
      this.#notKept(error, parts);
      throw error;
    }
  }

  #notKept(error: AppError, { onProblem }: KeptParts): void {
    this.#log.warn({ error: formatError(error) }, "the agent's state is not kept in Secrets now");
    if (error.code === 'conflict') this.#lose(error);
    else onProblem(`a pod that is moved now would go on from an older state: ${error.message}`);
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
