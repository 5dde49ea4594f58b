import { stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { Log } from '../../core/log.ts';
import type { ApiResource, KubePort, KubeResult } from '../ports.ts';

export interface LeaseOptions {
  readonly kube: Pick<KubePort, 'get' | 'create' | 'update'>;
  readonly namespace: string;
  readonly name: string;
  /** Unique to this process. */
  readonly holder: string;
  readonly log: Log;
  readonly clock: {
    now(): Date;
    /** Milliseconds on a clock that doesn't go back. */
    monotonic(): number;
    setTimer(ms: number, run: () => void): { cancel(): void };
  };
  /** Another one holds it: this process must end. Called once at most, after it was acquired. */
  readonly onLost: (holder: string) => void;
  readonly timing?: LeaseTiming;
}

export interface LeaseTiming {
  /** For so long nobody else takes it after a renewal. */
  readonly durationMs: number;
  readonly renewMs: number;
}

const leases: ApiResource = {
  group: 'coordination.k8s.io',
  version: 'v1',
  kind: 'Lease',
  plural: 'leases',
  namespaced: true,
  verbs: [],
};
const usualTiming: LeaseTiming = { durationMs: 30_000, renewMs: 10_000 };

/**
 * Of its duration, so much is relied on: a write that was let through at the last moment, and its process stopped for a
 * while, is still taken before another process may begin.
 */
const reliedShare = 2 / 3;

/** A Lease as it was seen, and since when it is so. By this process's own clock: another's may be wrong. */
interface Observed {
  readonly resourceVersion: string;
  readonly at: number;
}

/**
 * Holds a coordination.k8s.io Lease, so that of several processes with one state only one works. The rules are those of
 * client-go's leader election: it may be taken when its holder gave it up, or when it has not changed for its duration as
 * seen here. While it can't be renewed nothing may be written (`isHeld` is false), and it goes on where it was once it can.
 */
export class LeaseHold {
  readonly #options: LeaseOptions;
  readonly #timing: LeaseTiming;
  #observed: Observed | undefined;
  /** As this process wrote it last: as long as nobody else wrote, it is renewed from that, without reading it. */
  #written: KubeObject | undefined;
  /** Until then, and a third of its duration longer, nobody else can have taken it; `undefined` before the first success. */
  #heldUntil: number | undefined;
  #timer: { cancel(): void } | undefined;
  #isClosed = false;
  #told = '';
  readonly #acquired = Promise.withResolvers<void>();

  constructor(options: LeaseOptions) {
    this.#options = options;
    this.#timing = options.timing ?? usualTiming;
  }

  /** Resolves once it is held; tries for ever. */
  acquire(): Promise<void> {
    void this.#turn();
    return this.#acquired.promise;
  }

  get isHeld(): boolean {
    return this.#heldUntil !== undefined && this.#options.clock.monotonic() < this.#heldUntil;
  }

  /** Asks for it out of turn where it isn't held: a process that was stopped for a while may find that it is still its own. */
  async renew(): Promise<void> {
    if (!this.#isClosed && !this.isHeld) await this.#tryOnce();
  }

  /** Gives it up, so that the next one need not wait for it to expire. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    if (!this.isHeld) return;
    this.#heldUntil = undefined;
    const found = await this.#read();
    if (found.type === 'ok' && holderOf(found.object) === this.#options.holder) {
      await this.#options.kube.update(leases, this.#lease('', found.object));
    }
  }

  async #turn(): Promise<void> {
    const isMine = await this.#tryOnce();
    if (this.#isClosed) return;
    if (isMine) this.#acquired.resolve();
    const { renewMs } = this.#timing;
    this.#timer = this.#options.clock.setTimer(isMine ? renewMs : renewMs / 2, () => void this.#turn());
  }

  async #tryOnce(): Promise<boolean> {
    const { kube, holder, clock } = this.#options;
    const started = clock.monotonic();
    if (this.#written !== undefined) {
      const renewed = await kube.update(leases, this.#lease(holder, this.#written));
      const isOther = renewed.type === 'failed' && [404, 409].includes(renewed.failure.status);
      if (!isOther) return this.#conclude(renewed, started);
      this.#written = undefined;
    }
    const found = await this.#read();
    let written: KubeResult;
    if (found.type === 'failed') {
      if (found.failure.status !== 404)
        return this.#waitFor(`the Lease can't be read: ${found.failure.message}`);
      written = await kube.create(leases, this.#lease(holder, undefined));
    } else {
      const other = holderOf(found.object);
      if (other !== '' && other !== holder && !this.#isExpired(found.object)) return this.#yieldTo(other);
      written = await kube.update(leases, this.#lease(holder, found.object));
    }
    return this.#conclude(written, started);
  }

  #conclude(written: KubeResult, started: number): boolean {
    if (written.type === 'failed')
      return this.#waitFor(`the Lease can't be written: ${written.failure.message}`);
    this.#written = written.object;
    this.#heldUntil = started + this.#timing.durationMs * reliedShare;
    this.#told = '';
    return true;
  }

  /** Whether its holder has not renewed it for its whole duration, as seen from here. */
  #isExpired(lease: KubeObject): boolean {
    const now = this.#options.clock.monotonic();
    const resourceVersion = lease.metadata.resourceVersion ?? '';
    if (this.#observed?.resourceVersion !== resourceVersion) this.#observed = { resourceVersion, at: now };
    return now - this.#observed.at >= this.#timing.durationMs;
  }

  #yieldTo(other: string): boolean {
    if (this.#heldUntil === undefined) return this.#waitFor(`another agent works with this state: ${other}`);
    this.#heldUntil = undefined;
    this.#isClosed = true;
    this.#options.onLost(other);
    return false;
  }

  #waitFor(problem: string): boolean {
    if (problem !== this.#told) this.#options.log.warn({ problem }, 'waiting for the Lease of this agent');
    this.#told = problem;
    return false;
  }

  #read(): Promise<KubeResult> {
    const { kube, namespace, name } = this.#options;
    return kube.get(leases, { group: leases.group, kind: leases.kind, namespace, name });
  }

  #lease(holder: string, before: KubeObject | undefined): KubeObject {
    const { namespace, name, clock } = this.#options;
    // RFC 3339 with microseconds, as the type wants it.
    const now = clock.now().toISOString().replace('Z', '000Z');
    const isSame = before !== undefined && holderOf(before) === holder;
    const acquireTime = isSame ? stringAt(before, 'spec', 'acquireTime') : undefined;
    return {
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name,
        namespace,
        ...(before === undefined ? {} : { resourceVersion: before.metadata.resourceVersion ?? '' }),
      },
      spec: {
        holderIdentity: holder,
        leaseDurationSeconds: Math.max(1, Math.ceil(this.#timing.durationMs / 1000)),
        acquireTime: acquireTime ?? now,
        renewTime: now,
      },
    };
  }
}

function holderOf(lease: KubeObject): string {
  return stringAt(lease, 'spec', 'holderIdentity') ?? '';
}
