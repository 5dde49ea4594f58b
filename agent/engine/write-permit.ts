import type { ApplicationPolicy } from '../../core/desired.ts';
import type { Gate } from '../../core/gate.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import type { SyncWindow } from '../../core/sync-window.ts';
import type { Permission } from '../plan/plan-application.ts';
import { judgeWindows, type WindowFacts, type WindowVerdict } from '../plan/sync-windows.ts';
import { writeGates } from '../plan/write-gates.ts';
import type { EngineServices } from './engine-services.ts';

/** The application whose permit it is. */
export interface PermitSubject {
  readonly application: string;
  readonly desired: ApplicationPolicy;
  readonly sync: { readonly isAskedByPerson: boolean; readonly isOpen: boolean };
}

type Asked = Pick<WindowFacts, 'asked' | 'sync'>;

/** Longest sleep until a window: timers of the platform end at 24 days. */
const longestSleepMs = 12 * 60 * 60 * 1000;

/** What one application may write to now: as a whole, and object by object. */
export class WritePermit {
  readonly #services: EngineServices;
  readonly #work: PermitSubject;
  /** A verdict of its windows, by what was asked: it stands until one of them opens or closes. */
  readonly #judged = new Map<
    string,
    { readonly windows: readonly SyncWindow[]; readonly verdict: WindowVerdict }
  >();

  constructor(services: EngineServices, work: PermitSubject) {
    this.#services = services;
    this.#work = work;
  }

  /** What holds all of it back, the sync that goes on too; none: it may be written to. */
  get gates(): readonly Gate[] {
    return this.#gates(this.#asked);
  }

  /** What would hold a new sync back. */
  gatesFor(asked: WindowFacts['asked']): readonly Gate[] {
    return this.#gates({ asked, sync: 'new' });
  }

  #gates(asked: Asked): readonly Gate[] {
    const holds = this.#services.holds.orderedFor(this.#work.application);
    const { gate } = this.#windows(asked);
    return writeGates({ holds, ...(gate === undefined ? {} : { window: gate }) });
  }

  get isGiven(): boolean {
    return this.gates.length === 0;
  }

  /** Whether the sync that goes on is all that may be written: nothing new may begin, and nothing be healed. */
  get isOverrun(): boolean {
    return this.isGiven && this.gatesFor(this.#asked.asked).length > 0;
  }

  /** When to look again, since a window opens or closes; absent: never. ms since 1970. */
  get changesAtMs(): number | undefined {
    const { changesAtMs } = this.#windows(this.#asked);
    return changesAtMs === undefined ? undefined : Math.min(changesAtMs, this.#nowMs + longestSleepMs);
  }

  /** Whether one object is to be left as it is, whatever holds for the rest. */
  isHeld(ref: ObjectRef): boolean {
    return this.#services.holds.isHeld(ref);
  }

  /** Whether one object was healed so often of late that its drift is only shown for now. */
  isResting(key: string): boolean {
    return this.#services.healBudget.isResting(key);
  }

  /** Of what is left as it is: mode sync lets nothing of Git's slip from our hands, though it changes no value. */
  whereLeft(ref: ObjectRef): Permission {
    const isSync = this.#work.desired.mode === 'sync';
    return isSync && this.isGiven && !this.isOverrun && !this.isHeld(ref) ? 'own' : 'compare';
  }

  /** All that is to be shown of an application with these objects. */
  gatesOf(refs: Iterable<ObjectRef>): readonly Gate[] {
    const all = [...refs];
    const { holds, healBudget } = this.#services;
    return [...this.gates, ...holds.gatesOf(all), ...healBudget.gatesOf(all)];
  }

  get #asked(): Asked {
    const { isAskedByPerson, isOpen } = this.#work.sync;
    return { asked: isAskedByPerson ? 'by-person' : 'by-git', sync: isOpen ? 'ongoing' : 'new' };
  }

  get #nowMs(): number {
    return this.#services.clock.now().getTime();
  }

  #windows({ asked, sync }: Asked): WindowVerdict {
    const { application, project, windows } = this.#work.desired;
    if (windows === undefined || windows.length === 0) return {};
    const nowMs = this.#nowMs;
    const key = `${sync} ${asked}`;
    const judged = this.#judged.get(key);
    if (judged?.windows === windows && nowMs < (judged.verdict.changesAtMs ?? Number.POSITIVE_INFINITY))
      return judged.verdict;
    const verdict = judgeWindows({ application, project, windows, asked, sync, nowMs });
    this.#judged.set(key, { windows, verdict });
    return verdict;
  }
}
