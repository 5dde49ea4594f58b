import { setImmediate as nextTurn } from 'node:timers/promises';
import type { ApiResource, KubePort, StatePort } from '../../agent/ports.ts';

/** Where in a stage of a scenario the agent's process is killed. */
export type KillPoint =
  /** Around its nth write to the API server, or to its state folder; 1 is the first after the stage began. */
  | {
      readonly on: 'write' | 'state';
      readonly nth: number;
      /** `during`: it was begun, and whether it was taken is anybody's guess. */
      readonly when: 'before' | 'during' | 'after';
    }
  | { readonly on: 'time'; readonly afterMs: number };

export interface WriteCounts {
  readonly writes: number;
  readonly stateWrites: number;
  /** What the writes were, for people. */
  readonly verbs: readonly string[];
}

/** Counts writes, and kills this very process at the point that it was armed with. */
export class KillSwitch {
  #counts = { write: 0, state: 0 };
  #verbs: string[] = [];
  #point: KillPoint | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Starts counting anew. */
  arm(point: KillPoint | undefined): void {
    clearTimeout(this.#timer);
    this.#counts = { write: 0, state: 0 };
    this.#verbs = [];
    this.#point = point;
    if (point?.on === 'time') this.#timer = setTimeout(killSelf, point.afterMs);
  }

  get counts(): WriteCounts {
    return { writes: this.#counts.write, stateWrites: this.#counts.state, verbs: this.#verbs };
  }

  async around<T>(on: 'write' | 'state', verb: string, act: () => Promise<T>): Promise<T> {
    this.#counts[on] += 1;
    if (on === 'write') this.#verbs.push(verb);
    const point = this.#point;
    const isHere = point?.on === on && point.nth === this.#counts[on];
    if (!isHere) return act();
    if (point.when === 'before') killSelf();
    const done = act();
    if (point.when === 'during') {
      await nextTurn();
      killSelf();
    }
    const result = await done;
    killSelf();
    return result;
  }
}

/** SIGKILL: no handler runs, nothing is flushed. */
function killSelf(): void {
  process.kill(process.pid, 'SIGKILL');
}

const reads: ReadonlySet<string | symbol> = new Set(['discover', 'get', 'list', 'watch', 'close']);

/** Every verb that changes the cluster goes through the switch, also those that are added later. */
export function killableKube(kube: KubePort, killer: KillSwitch): KubePort {
  return throughSwitch(kube, (name, args) =>
    reads.has(name) || args.some(isDryRun)
      ? undefined
      : (act) => killer.around('write', `${String(name)} ${nameIn(args)}`, act),
  );
}

export function killableState(state: StatePort, killer: KillSwitch): StatePort {
  return throughSwitch(state, (name) =>
    String(name).startsWith('save') ? (act) => killer.around('state', String(name), act) : undefined,
  );
}

type Around = (act: () => Promise<unknown>) => Promise<unknown>;

function throughSwitch<T extends object>(
  target: T,
  aroundOf: (name: string | symbol, args: readonly unknown[]) => Around | undefined,
): T {
  return new Proxy(target, {
    get(object, name) {
      const member: unknown = Reflect.get(object, name, object);
      if (typeof member !== 'function') return member;
      return (...args: unknown[]): unknown => {
        const act = (): Promise<unknown> => Promise.resolve(Reflect.apply(member, object, args));
        const around = aroundOf(name, args);
        return around === undefined ? Reflect.apply(member, object, args) : around(act);
      };
    },
  });
}

/** The second argument of every verb is an object or its reference. */
function nameIn([resource, subject]: readonly unknown[]): string {
  const { plural } = resource as ApiResource;
  const { name, metadata } = subject as { name?: string; metadata?: { name?: string } };
  return `${plural} ${name ?? metadata?.name ?? ''}`;
}

function isDryRun(argument: unknown): boolean {
  return (
    typeof argument === 'object' && argument !== null && 'dryRun' in argument && argument.dryRun === true
  );
}
