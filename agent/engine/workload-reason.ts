import type { Health } from '../../core/health.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import type { Trouble } from '../health/container-trouble.ts';
import { withReason } from '../health/deepest-reason.ts';
import type { EngineServices } from './engine-services.ts';
import { WakeTimer } from './wake-timer.ts';

/** The first look waits for what comes up at once; each later one for twice as long as the one before. */
const firstLookMs = 3_000;
const secondLookMs = 10_000;
const longestLookMs = 5 * 60_000;
/** Trouble that stands so long does not mend itself. */
const lastingMs = 5 * 60_000;

type Services = Pick<EngineServices, 'clock' | 'activity' | 'podReader'>;

interface Found {
  readonly trouble: Trouble;
  /** Milliseconds since 1970; of the first look that found this reason. */
  readonly since: number;
}

interface Subject {
  readonly object: KubeObject;
  /** By the object alone. */
  readonly health: Health;
}

/** Looks into the pods of one workload that isn't well, ever more rarely. Made for it, and closed once it is well. */
export class WorkloadReason {
  readonly #services: Services;
  readonly #onFound: (health: Health) => void;
  readonly #timer: WakeTimer;
  #subject: Subject | undefined;
  #found: Found | undefined;
  #looks = 0;
  #isLooking = false;

  constructor(services: Services, onFound: (health: Health) => void) {
    this.#services = services;
    this.#onFound = onFound;
    this.#timer = new WakeTimer(services.clock, () => this.#look());
  }

  /** One verdict by the object alone. Returns it with what its pods said when they were looked at last. */
  observe(object: KubeObject, health: Health): Health {
    if (this.#subject?.object.metadata.generation !== object.metadata.generation) {
      this.close();
      this.#timer.wakeIn(firstLookMs);
    } else if (this.#looks > 0 && !this.#isLooking) {
      // Something moved: what was found may hold no more.
      this.#timer.wakeIn(secondLookMs);
    }
    this.#subject = { object, health };
    return this.#explain(this.#subject);
  }

  #explain({ object, health }: Subject): Health {
    const found = this.#found;
    if (found === undefined) return health;
    const isLasting = this.#services.clock.now().getTime() - found.since >= lastingMs;
    return withReason(object, health, found.trouble, isLasting ? 'lasting' : 'new');
  }

  #look(): void {
    const subject = this.#subject;
    if (subject === undefined || this.#isLooking) return;
    this.#isLooking = true;
    this.#looks += 1;
    void this.#services.activity.track(async () => {
      const trouble = await this.#services.podReader.read(subject.object);
      this.#isLooking = false;
      this.#note(subject, trouble);
    });
  }

  #note({ object }: Subject, trouble: Trouble | undefined): void {
    const subject = this.#subject;
    if (subject === undefined) return;
    // Of another generation: what was read explains nothing of this one.
    if (subject.object.metadata.generation !== object.metadata.generation) {
      this.#timer.wakeIn(firstLookMs);
      return;
    }
    this.#timer.wakeIn(Math.min(secondLookMs * 2 ** (this.#looks - 1), longestLookMs));
    const isSame = trouble?.reason === this.#found?.trouble.reason;
    const since = (isSame ? this.#found?.since : undefined) ?? this.#services.clock.now().getTime();
    this.#found = trouble === undefined ? undefined : { trouble, since };
    this.#onFound(this.#explain(subject));
  }

  close(): void {
    this.#timer.cancel();
    this.#subject = undefined;
    this.#found = undefined;
    this.#looks = 0;
  }
}
