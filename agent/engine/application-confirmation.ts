import { AppError, formatError } from '../../core/error.ts';
import type { PruneOffer } from '../plan/plan-prune.ts';
import { type Confirmation, type Confirmed, confirmedBy } from '../plan/prune-gates.ts';
import type { EngineServices } from './engine-services.ts';

export type ConfirmResult =
  | { readonly type: 'confirmed'; readonly count: number }
  /** This very operation did it before. */
  | { readonly type: 'known' }
  | { readonly type: 'refused'; readonly reason: string };

/** The deletions of one application that wait for a person, and those that one confirmed. */
export class ApplicationConfirmation {
  readonly #services: EngineServices;
  readonly #application: string;
  #offers: readonly PruneOffer[] = [];

  constructor(services: EngineServices, application: string) {
    this.#services = services;
    this.#application = application;
  }

  get objects(): Confirmed {
    return new Map(Object.entries(this.#kept?.objects ?? {}));
  }

  /** How many confirmed objects are still to go. */
  get left(): number {
    return this.objects.size;
  }

  get #kept(): Confirmation | undefined {
    return this.#services.confirmations.get(this.#application);
  }

  /** What the last pass found that a person may confirm. */
  offer(offers: readonly PruneOffer[]): void {
    this.#offers = offers;
  }

  /** Confirms exactly what is offered by this id; stored before it resolves. What was confirmed earlier and is still there stays confirmed. */
  async confirm(operation: string, id: string): Promise<ConfirmResult> {
    if (this.#kept?.operation === operation) return { type: 'known' };
    const offer = this.#offers.find((one) => one.id === id);
    if (offer === undefined) return { type: 'refused', reason: this.#noOffer(id) };
    const objects = Object.fromEntries([...this.objects, ...confirmedBy(offer.objects)]);
    const { confirmations } = this.#services;
    const before = this.#kept;
    confirmations.set(this.#application, { operation, id, objects });
    try {
      await confirmations.keep();
    } catch (caught) {
      if (before === undefined) confirmations.delete(this.#application);
      else confirmations.set(this.#application, before);
      return { type: 'refused', reason: notKept(AppError.from(caught)) };
    }
    return { type: 'confirmed', count: offer.objects.length };
  }

  #noOffer(id: string): string {
    const known = this.#offers.map((offer) => offer.id);
    const instead =
      known.length === 0
        ? 'No deletion of this application waits for a confirmation'
        : `What waits now is ${known.join(' and ')}`;
    return `no deletion waits under the id ${id}: what would be deleted has changed since, or is gone. ${instead}; look at \`fairlead app get ${this.#application}\` and confirm what it shows`;
  }

  /** Only what still has no place in Git stays confirmed: what came back and leaves again is asked about again. */
  retain(isLeftover: (key: string) => boolean): void {
    const kept = this.#kept;
    if (kept === undefined) return;
    const objects = Object.entries(kept.objects).filter(([key]) => isLeftover(key));
    if (objects.length === Object.keys(kept.objects).length) return;
    this.#services.confirmations.set(this.#application, { ...kept, objects: Object.fromEntries(objects) });
  }

  /** The application is gone for good. */
  end(): void {
    this.#services.confirmations.delete(this.#application);
  }
}

function notKept(error: AppError): string {
  return `nothing is deleted, since the agent can't remember the confirmation now: ${formatError(error)}. Confirm it again then`;
}
