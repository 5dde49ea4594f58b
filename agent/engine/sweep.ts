import { AppError } from '../../core/error.ts';
import type { Inspection } from '../apply/inspect-object.ts';
import type { EngineServices } from './engine-services.ts';
import { WakeTimer } from './wake-timer.ts';

/** An object as the sweep looks at it. */
export interface SweptObject {
  readonly key: string;
  /** Only what is taken to be as Git says is looked at: everything else has its own next look. */
  readonly isSynced: boolean | undefined;
  inspect(): Promise<Inspection | undefined>;
}

export interface SweepHost<Swept extends SweptObject> {
  works(): readonly Swept[];
  /** It isn't as it was taken to be. */
  onDifferent(work: Swept): void;
}

/** In which every object is looked at once, give or take half of it. */
const roundMs = 12 * 60 * 60_000;
/** Never more often, however many objects there are. */
const shortestMs = 1_000;
/** After a start, and as long as there is nothing to look at. */
const idleMs = 10 * 60_000;
/** How long the cluster gets to be ready with what changed, before that is looked at. */
const settleMs = 5_000;
/** Between two looks at objects of a kind that changed, at most. */
const hastenedGapMs = 2_000;
/** A round that something new in the cluster is a reason for, such as another version of it. */
const hastenedRoundMs = 30 * 60_000;

/**
 * Looks at every object once in a while, by one read and one dry-run, whether or not anything seemed to happen: for what no
 * event tells, as an admission webhook or a default that says something else now, or an event that was lost. One object
 * after another, spread over half a day, so that it is never felt.
 */
export class Sweep<Swept extends SweptObject> {
  readonly #services: Pick<EngineServices, 'clock' | 'random' | 'log' | 'activity'>;
  readonly #host: SweepHost<Swept>;
  readonly #timer: WakeTimer;
  /** The last one that was looked at; the next is the one after it in the order of their keys. */
  #last: string | undefined;
  #hastened = 0;
  /** Keys of objects that are looked at ahead of their turn, the next one first. */
  readonly #due = new Set<string>();
  readonly #dueTimer: WakeTimer;
  #version = '';

  constructor(
    services: Pick<EngineServices, 'clock' | 'random' | 'log' | 'activity'>,
    host: SweepHost<Swept>,
  ) {
    this.#services = services;
    this.#host = host;
    this.#timer = new WakeTimer(services.clock, () => this.#next());
    this.#dueTimer = new WakeTimer(services.clock, () => this.#nextDue());
  }

  start(): void {
    this.#timer.wakeIn(idleMs * this.#jitter());
  }

  /** Another version of the cluster may default, convert or admit otherwise: all of it is looked at soon. */
  noteVersion(version: string): void {
    const isOther = this.#version !== '' && version !== '' && version !== this.#version;
    if (version !== '') this.#version = version;
    if (!isOther) return;
    this.#hastened = this.#host.works().length;
    this.#schedule(this.#hastened);
  }

  /**
   * What a kind (`group/Kind`) is taken to be has changed: all of its objects in use are looked at soon, one after another
   * within half an hour, and no others. A further change begins it anew.
   */
  hasten(groupKind: string): void {
    const keys = this.#host.works().flatMap(({ key }) => (key.startsWith(`${groupKind}:`) ? [key] : []));
    for (const key of keys) {
      this.#due.delete(key);
      this.#due.add(key);
    }
    if (this.#due.size === 0) return;
    this.#dueTimer.cancel();
    this.#dueTimer.wakeIn(settleMs * this.#jitter());
  }

  #nextDue(): void {
    const [key] = this.#due;
    if (key === undefined) return;
    const gapMs = Math.min(hastenedGapMs, hastenedRoundMs / this.#due.size);
    this.#due.delete(key);
    if (this.#due.size > 0) this.#dueTimer.wakeIn(gapMs * this.#jitter());
    const work = this.#host.works().find((each) => each.key === key);
    if (work?.isSynced === true) void this.#services.activity.track(() => this.#look(work));
    // What differs or was refused may not any more.
    if (work?.isSynced === false) this.#host.onDifferent(work);
  }

  close(): void {
    this.#dueTimer.cancel();
    this.#timer.cancel();
  }

  #next(): void {
    const works = this.#host.works();
    const work = this.#pick(works);
    if (work === undefined) {
      this.start();
      return;
    }
    this.#last = work.key;
    this.#hastened = Math.max(0, this.#hastened - 1);
    this.#schedule(works.length);
    if (work.isSynced === true) void this.#services.activity.track(() => this.#look(work));
  }

  #schedule(count: number): void {
    const wholeMs = this.#hastened > 0 ? hastenedRoundMs : roundMs;
    this.#timer.wakeIn(Math.max(shortestMs, wholeMs / Math.max(1, count)) * this.#jitter());
  }

  /** From a half to one and a half. */
  #jitter(): number {
    return 0.5 + this.#services.random();
  }

  #pick(works: readonly Swept[]): Swept | undefined {
    const last = this.#last;
    if (last === undefined) return works[Math.floor(this.#services.random() * works.length)];
    const after = works.filter(({ key }) => key > last);
    return (after.length > 0 ? after : works).reduce<Swept | undefined>(
      (first, work) => (first === undefined || work.key < first.key ? work : first),
      undefined,
    );
  }

  async #look(work: Swept): Promise<void> {
    try {
      const found = await work.inspect();
      const isDifferent = found?.type === 'differs' || found?.type === 'absent' || found?.type === 'foreign';
      if (isDifferent && work.isSynced === true) this.#host.onDifferent(work);
    } catch (caught) {
      const error = AppError.from(caught).message;
      this.#services.log.warn({ object: work.key, error }, 'object not swept');
    }
  }
}
