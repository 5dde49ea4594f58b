import type { KubeObject } from '../../core/kube-object.ts';
import { displayRef, formatRef, type ObjectRef } from '../../core/object-ref.ts';
import type { ObjectFailure } from '../../core/status.ts';
import { retryDelayMs } from '../plan/back-off.ts';
import { classifyError, type Retry } from '../plan/classify-error.ts';
import { maskMessage } from '../plan/mask-secrets.ts';
import { objectFailure, type RemedyCode } from '../plan/remedies.ts';
import { resolveVersion } from '../plan/resource-index.ts';
import type { KubeFailure } from '../ports.ts';
import type { EngineServices } from './engine-services.ts';

const unserved: ReadonlySet<string> = new Set(['not-served', 'unknown-group', 'version-removed']);

/** Why one object could not be settled, and when its next try is due. */
export class ObjectTrouble {
  readonly #services: EngineServices;
  readonly #ref: ObjectRef;
  #failure: ObjectFailure | undefined;
  #attempts = 0;
  #retry: Retry = 'soon';
  /** Milliseconds since 1970; `undefined` where only another desired state helps. */
  #retryAt: number | undefined;

  constructor(services: EngineServices, ref: ObjectRef) {
    this.#services = services;
    this.#ref = ref;
  }

  get failure(): ObjectFailure | undefined {
    return this.#failure;
  }

  get isOpen(): boolean {
    return this.#failure !== undefined;
  }

  /** Whether it may go through once the cluster is asked again what it serves. */
  get isForUnservedKind(): boolean {
    return unserved.has(this.#failure?.code ?? '');
  }

  /** Whether its next try is not due yet. */
  get isBlocking(): boolean {
    if (this.#failure === undefined) return false;
    return this.#retryAt === undefined || this.#retryAt > this.#services.clock.now().getTime();
  }

  /** Why it fails, where trying again soon won't help. */
  get lastingProblem(): string | undefined {
    return this.#retry === 'soon' ? undefined : this.#failure?.message;
  }

  /** Whether no answer came at all, so that the next try is due once the API server answers again. */
  get isUnanswered(): boolean {
    return this.#failure?.code === 'unreachable';
  }

  /** The next try is due now, whatever its back-off. */
  hasten(): void {
    this.#retryAt = this.#services.clock.now().getTime();
  }

  get retryAt(): number | undefined {
    return this.#failure === undefined ? undefined : this.#retryAt;
  }

  failed(failure: KubeFailure, object: KubeObject): void {
    const { code, retry } = classifyError(failure);
    this.#note(code, maskMessage(object, failure.message), retry, failure.retryAfterSeconds);
    // Somebody has to make it again before anything in it can be applied.
    if (code === 'namespace-absent') this.#services.knownNamespaces.delete(this.#ref.namespace);
  }

  /** It left Git, and what became of it could not be told or changed. */
  failedLeftover(failure: KubeFailure): void {
    this.failed(failure, { apiVersion: '', kind: this.#ref.kind, metadata: {} });
  }

  /** Its kind can't be reached at the version that Git names. */
  unresolved(apiVersion: string): void {
    const { kind } = this.#ref;
    const resolution = resolveVersion(this.#services.catalog.index, apiVersion, kind);
    if (resolution.type === 'unknown-group') {
      this.#note('unknown-group', `the API server has no answer for ${apiVersion} now`, 'soon');
    } else if (resolution.type === 'version-removed') {
      const served = resolution.served.join(', ');
      const message = `${kind} is not served at ${apiVersion}, only at ${served}`;
      this.#note('version-removed', message, 'slowly');
    } else if (resolution.type === 'absent') {
      const message = `the cluster serves no ${kind} of ${apiVersion}`;
      this.#note('not-served', message, 'soon');
    }
  }

  /**
   * One version of the live object, which brings nothing but status. Where that is what was waited for (a Job's Pods
   * end, a definition's old versions are given up), the next try is due.
   */
  mayPassWith(live: KubeObject): 'suspect' | 'fine' {
    const code = this.#failure?.code;
    const isWaited = code === 'immutable' ? live.kind === 'Job' : code === 'version-stored';
    if (!isWaited || this.#retryAt === undefined) return 'fine';
    this.hasten();
    return 'suspect';
  }

  /** The live object is another than the one that it failed with: what wouldn't go through before may now. */
  doubt(): void {
    if (this.#failure !== undefined && this.#retry !== 'soon') this.hasten();
  }

  clear(): void {
    this.#failure = undefined;
    this.#attempts = 0;
    this.#retryAt = undefined;
  }

  #note(code: RemedyCode, message: string, retry: Retry, retryAfterSeconds?: number): void {
    const { clock, random, log } = this.#services;
    this.#attempts += 1;
    this.#retry = retry;
    this.#failure = objectFailure(this.#ref, code, message);
    this.#services.outOfSight.doubt(formatRef(this.#ref));
    const delayMs = retryDelayMs(retry, this.#attempts, random(), retryAfterSeconds);
    this.#retryAt = delayMs === undefined ? undefined : clock.now().getTime() + delayMs;
    log.warn(
      { object: displayRef(this.#ref), code, attempt: this.#attempts, retryInMs: delayMs },
      'object failed',
    );
  }
}
