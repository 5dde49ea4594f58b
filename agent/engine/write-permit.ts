import type { Gate } from '../../core/gate.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import { writeGates } from '../plan/write-gates.ts';
import type { EngineServices } from './engine-services.ts';

/** What one application may write to now: as a whole, and object by object. */
export class WritePermit {
  readonly #services: EngineServices;
  readonly #application: string;

  constructor(services: EngineServices, application: string) {
    this.#services = services;
    this.#application = application;
  }

  /** What holds all of it back; none: it may be written to. */
  get gates(): readonly Gate[] {
    return writeGates({ holds: this.#services.holds.orderedFor(this.#application) });
  }

  get isGiven(): boolean {
    return this.gates.length === 0;
  }

  /** Whether one object is to be left as it is, whatever holds for the rest. */
  isHeld(ref: ObjectRef): boolean {
    return this.#services.holds.isHeld(ref);
  }

  /** All that is to be shown of an application with these objects. */
  gatesOf(refs: Iterable<ObjectRef>): readonly Gate[] {
    return [...this.gates, ...this.#services.holds.gatesOf(refs)];
  }
}
