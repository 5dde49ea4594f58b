import type { Gate } from '../../core/gate.ts';
import { encodeDiff, type OperationPhase } from '../../core/operation.ts';
import { observeOnlyProblem } from '../plan/guard.ts';
import { previewApplication } from './application-preview.ts';
import type { ApplicationWork } from './application-work.ts';
import { ConfirmationWork } from './confirmation-work.ts';
import type { EngineOperation } from './engine-api.ts';
import type { EngineServices } from './engine-services.ts';

/** Where the applications are. */
export interface OperationHost {
  application(name: string): ApplicationWork | undefined;
  applications(): Iterable<ApplicationWork>;
}

/** What people asked for, until each has its final result. */
export class OperationWork {
  readonly #services: EngineServices;
  readonly #host: OperationHost;
  /** Syncs that have begun, with their applications. */
  readonly #syncs = new Map<string, string>();
  /** Asked before the first desired state was there. */
  #early: EngineOperation[] = [];
  readonly #earlyCancels = new Set<string>();
  /** Comparisons under way. */
  readonly #diffs = new Set<string>();
  readonly #confirmations: ConfirmationWork;
  #isOpen = false;

  constructor(services: EngineServices, host: OperationHost) {
    this.#services = services;
    this.#host = host;
    this.#confirmations = new ConfirmationWork(services, (id, phase, message) =>
      this.#tell(id, phase, message),
    );
  }

  run(operation: EngineOperation): void {
    if (!this.#isOpen) {
      this.#early.push(operation);
      return;
    }
    const work = this.#host.application(operation.application);
    if (work === undefined) {
      this.#tellAbsent(operation);
      return;
    }
    this.#tell(operation.id, 'Running', 'the agent is at it');
    if (operation.request.type === 'diff') {
      this.#diffs.add(operation.id);
      void this.#services.activity.track(() => this.#diff(operation, work));
      return;
    }
    if (this.#services.guard.writes === 'never') {
      this.#tell(operation.id, 'Failed', observeOnlyProblem);
      return;
    }
    const [gate] = work.permit.gatesFor('by-person');
    if (gate !== undefined) {
      this.#tell(operation.id, 'Failed', describeHold(gate));
      return;
    }
    if (operation.request.type === 'confirm-prune') {
      this.#confirmations.add(operation, work);
      return;
    }
    this.#syncs.set(operation.id, operation.application);
    work.syncNow(operation.id);
  }

  /** Also one that never came here, or came to an earlier process: its sync is known by its id. */
  cancel(id: string): void {
    if (!this.#isOpen) {
      this.#early = this.#early.filter((operation) => operation.id !== id);
      this.#earlyCancels.add(id);
      return;
    }
    if (this.#confirmations.cancel(id) === 'goes-on') return;
    const work = [...this.#host.applications()].find(({ sync }) => sync.id === id && sync.isOpen);
    if (work === undefined) {
      this.#syncs.delete(id);
      this.#diffs.delete(id);
      this.#tell(id, 'Failed', 'it was cancelled; nothing of it was under way');
      return;
    }
    this.#syncs.set(id, work.application);
    work.cancelSync('it was cancelled');
  }

  /** A desired state is in force: what was asked for before it can begin. */
  retry(): void {
    this.#isOpen = true;
    const early = this.#early;
    this.#early = [];
    for (const operation of early) this.run(operation);
    for (const id of this.#earlyCancels) this.cancel(id);
    this.#earlyCancels.clear();
  }

  /** Ends the syncs of an application that is gone. */
  dropped(application: string): void {
    this.#confirmations.dropped(application);
    for (const [id, name] of [...this.#syncs]) {
      if (name !== application) continue;
      this.#syncs.delete(id);
      this.#tellAbsent({ id, application });
    }
  }

  #tellAbsent({ id, application }: Pick<EngineOperation, 'id' | 'application'>): void {
    this.#tell(id, 'Failed', `this cluster has no application ${application}`);
  }

  /** Ends the syncs of an application that has come to rest. */
  changed(work: ApplicationWork): void {
    this.#confirmations.changed(work);
    if (this.#syncs.size === 0 || work.isBusy) return;
    for (const [id, name] of [...this.#syncs]) {
      if (name !== work.application) continue;
      this.#syncs.delete(id);
      this.#tellSync(id, work);
    }
  }

  #tellSync(id: string, work: ApplicationWork): void {
    const objects = [...work.objects.values()];
    const failed =
      objects.filter((object) => object.trouble.isOpen).length +
      work.prepared.failures.length +
      work.removal.failures.length;
    const synced = objects.filter((object) => object.isSynced === true).length;
    const hooks = work.hooks.failures.length;
    const held = work.gates.length;
    const end = work.sync.id === id ? work.sync.end : undefined;
    // One that went on after its window was shut is through all the same.
    const gates = end?.type === 'succeeded' ? [] : work.permit.gatesFor('by-person');
    const waiting = objects.filter((object) => object.prepared && work.permit.isHeld(object.ref)).length;
    const parts = [
      `${synced} of ${work.prepared.objects.size} objects are as in Git`,
      ...(failed === 0 ? [] : [`${failed} failed`]),
      ...(hooks === 0 ? [] : [`${hooks} hooks failed`]),
      ...(waiting === 0 ? [] : [`${waiting} are held`]),
      ...gates.slice(0, 1).map(describeHold),
      ...(held === 0 ? [] : [`${held} gates hold deletions back`]),
      ...(work.blockedBy === undefined ? [] : [work.blockedBy]),
    ];
    if (end !== undefined && end.type !== 'succeeded') parts.unshift(end.message);
    const isWhole = (end === undefined || end.type === 'succeeded') && gates.length === 0;
    const isGood = isWhole && failed + waiting + hooks === 0 && work.blockedBy === undefined;
    this.#tell(id, isGood ? 'Succeeded' : 'Failed', parts.join(', '));
  }

  async #diff(operation: EngineOperation, work: ApplicationWork): Promise<void> {
    const found = await previewApplication(this.#services, work);
    if (!this.#diffs.delete(operation.id)) return;
    if (found.type === 'failed') return this.#tell(operation.id, 'Failed', found.message);
    this.#tell(operation.id, 'Succeeded', encodeDiff(found.changes));
  }

  #tell(id: string, phase: OperationPhase, message: string): void {
    const at = this.#services.clock.now().toISOString();
    this.#services.report({ type: 'operation', result: { id, phase, message, at } });
  }
}

/** Why nothing is written now, for the person who asked for it. */
function describeHold({ owner, until, reason, remedy }: Gate): string {
  const end = until === undefined ? '' : ` until ${until}`;
  return `nothing is written${end}, by ${owner ?? 'its project'}: ${reason}. ${remedy}`;
}
