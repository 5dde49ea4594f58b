import type { DesiredApplication } from '../../core/desired.ts';
import type { Gate } from '../../core/gate.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import type { SyncWindow } from '../../core/sync-window.ts';
import { judgeWindows, type WindowFacts, type WindowVerdict } from '../plan/sync-windows.ts';
import { writeGates } from '../plan/write-gates.ts';
import type { EngineServices } from './engine-services.ts';

/** The application whose permit it is. */
export interface PermitSubject {
  readonly application: string;
  readonly desired: DesiredApplication;
  readonly sync: { readonly isAskedByPerson: boolean };
}

type Asked = WindowFacts['asked'];

/** Longest sleep until a window: timers of the platform end at 24 days. */
const longestSleepMs = 12 * 60 * 60 * 1000;

/** What one application may write to now: as a whole, and object by object. */
export class WritePermit {
  readonly #services: EngineServices;
  readonly #work: PermitSubject;
  /** A verdict of its windows stands until one of them opens or closes. */
  #judged:
    | { readonly windows: readonly SyncWindow[]; readonly asked: Asked; readonly verdict: WindowVerdict }
    | undefined;

  constructor(services: EngineServices, work: PermitSubject) {
    this.#services = services;
    this.#work = work;
  }

  /** What holds all of it back; none: it may be written to. */
  get gates(): readonly Gate[] {
    return this.gatesFor(this.#asked);
  }

  gatesFor(asked: Asked): readonly Gate[] {
    const holds = this.#services.holds.orderedFor(this.#work.application);
    const { gate } = this.#windows(asked);
    return writeGates({ holds, ...(gate === undefined ? {} : { window: gate }) });
  }

  get isGiven(): boolean {
    return this.gates.length === 0;
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

  /** All that is to be shown of an application with these objects. */
  gatesOf(refs: Iterable<ObjectRef>): readonly Gate[] {
    const all = [...refs];
    const { holds, healBudget } = this.#services;
    return [...this.gates, ...holds.gatesOf(all), ...healBudget.gatesOf(all)];
  }

  get #asked(): Asked {
    return this.#work.sync.isAskedByPerson ? 'by-person' : 'by-git';
  }

  get #nowMs(): number {
    return this.#services.clock.now().getTime();
  }

  #windows(asked: Asked): WindowVerdict {
    const { application, project, windows } = this.#work.desired;
    if (windows === undefined || windows.length === 0) return {};
    const nowMs = this.#nowMs;
    const judged = this.#judged;
    const isSame = judged?.windows === windows && judged.asked === asked;
    if (isSame && nowMs < (judged.verdict.changesAtMs ?? Number.POSITIVE_INFINITY)) return judged.verdict;
    const verdict = judgeWindows({ application, project, windows, asked, nowMs });
    this.#judged = { windows, asked, verdict };
    return verdict;
  }
}
