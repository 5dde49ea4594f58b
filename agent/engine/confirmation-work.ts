import type { OperationPhase } from '../../core/operation.ts';
import type { ApplicationWork } from './application-work.ts';
import type { EngineOperation } from './engine-api.ts';
import type { EngineServices } from './engine-services.ts';

type Tell = (id: string, phase: OperationPhase, message: string) => void;

interface Asked {
  readonly operation: EngineOperation;
  /** `asked`: waits for the end of the pass that is under way. `confirmed`: waits until what may go is gone. */
  readonly phase: 'asked' | 'storing' | 'confirmed';
}

/** Confirmations of deletions, until each has its result. */
export class ConfirmationWork {
  readonly #services: EngineServices;
  readonly #tell: Tell;
  readonly #asked = new Map<string, Asked>();

  constructor(services: EngineServices, tell: Tell) {
    this.#services = services;
    this.#tell = tell;
  }

  /** What it means is decided once the application has been looked at as it is now. */
  add(operation: EngineOperation, work: ApplicationWork): void {
    this.#asked.set(operation.id, { operation, phase: 'asked' });
    work.wake();
  }

  /** One that is confirmed already goes on to its own result. */
  cancel(id: string): 'ended' | 'goes-on' {
    const asked = this.#asked.get(id);
    if (asked !== undefined && asked.phase !== 'asked') return 'goes-on';
    this.#asked.delete(id);
    return 'ended';
  }

  /** The application went: there is nothing to confirm. */
  dropped(application: string): void {
    for (const { operation } of this.#of(application)) {
      this.#asked.delete(operation.id);
      this.#tell(operation.id, 'Failed', `this cluster has no application ${application} any more`);
    }
  }

  /** The application has come to rest, or not yet. */
  changed(work: ApplicationWork): void {
    if (this.#asked.size === 0 || work.isBusy || !work.hasRun) return;
    for (const { operation, phase } of this.#of(work.application)) {
      if (phase === 'asked') this.#confirm(operation, work);
      if (phase === 'confirmed') this.#finish(operation, work);
    }
  }

  #confirm(operation: EngineOperation, work: ApplicationWork): void {
    const { request, id } = operation;
    if (request.type !== 'confirm-prune') return;
    this.#asked.set(id, { operation, phase: 'storing' });
    void this.#services.activity.track(async () => {
      const result = await work.removal.confirmation.confirm(id, request.id);
      if (result.type === 'refused') {
        this.#asked.delete(id);
        this.#tell(id, 'Failed', result.reason);
        return;
      }
      this.#asked.set(id, { operation, phase: 'confirmed' });
      work.wake();
    });
  }

  #finish({ id, application }: EngineOperation, work: ApplicationWork): void {
    const left = work.removal.confirmation.left;
    if (left === 0) {
      this.#asked.delete(id);
      this.#tell(id, 'Succeeded', 'what was confirmed is deleted');
      return;
    }
    const [failure] = [
      ...work.removal.failures,
      ...[...work.objects.values()].flatMap((object) => object.trouble.failure ?? []),
    ];
    const why = failure?.message ?? work.blockedBy ?? work.gates[0]?.reason;
    const isSettling = [...work.objects.values()].some(
      ({ prepared, presence }) => prepared === undefined && presence !== 'live',
    );
    // One that was just seen to go is asked for, and another pass follows.
    if (why === undefined || (failure === undefined && isSettling)) return;
    this.#asked.delete(id);
    const which = left === 1 ? 'one confirmed object is' : `${left} confirmed objects are`;
    this.#tell(
      id,
      'Failed',
      `${which} still there: ${why}. The confirmation stands, and ${application} goes on with it`,
    );
  }

  #of(application: string): readonly Asked[] {
    return [...this.#asked.values()].filter(({ operation }) => operation.application === application);
  }
}
