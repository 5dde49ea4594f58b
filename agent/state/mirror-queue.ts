import type { FolderMirror } from './folder-mirror.ts';

export interface MirrorQueueOptions {
  readonly mirror: FolderMirror;
  /** Runs a task while nothing writes the folder. */
  readonly still: <T>(task: () => Promise<T>) => Promise<T>;
  /** What waits for the hub; `undefined` where nothing does. */
  readonly outbox: () => Uint8Array | undefined;
}

/** What the next turn is asked for, by all who wait for it. */
interface Turn {
  files: 'all' | Set<string>;
  readonly done: Promise<void>;
}

/**
 * Copies a folder to its vault, one turn after another. Whoever asks while a turn is under way shares the next one, so
 * that the number of writes goes by time and not by who asks. Each promise rejects with the AppError of its turn; what
 * was not taken is due again with the next.
 */
export class MirrorQueue {
  readonly #options: MirrorQueueOptions;
  #last: Promise<unknown> = Promise.resolve();
  #next: Turn | undefined;
  /** Without what else belongs to the state, its key above all, a single file is worth nothing. */
  #isWhole = false;

  constructor(options: MirrorQueueOptions) {
    this.#options = options;
  }

  /** Everything that changed. */
  copyAll(): Promise<void> {
    const turn = this.#turn();
    turn.files = 'all';
    return turn.done;
  }

  /** These files; the rest stays due. */
  copy(names: readonly string[]): Promise<void> {
    const turn = this.#turn();
    if (turn.files !== 'all') for (const name of names) turn.files.add(name);
    return turn.done;
  }

  #turn(): Turn {
    if (this.#next !== undefined) return this.#next;
    const done = this.#last.then(async () => {
      this.#next = undefined;
      await this.#carryOut(turn.files);
    });
    const turn: Turn = { files: new Set(), done };
    this.#next = turn;
    this.#last = done.catch(() => undefined);
    return turn;
  }

  async #carryOut(files: Turn['files']): Promise<void> {
    const { mirror, still, outbox } = this.#options;
    const only = this.#isWhole && files !== 'all' ? files : undefined;
    const changes = await still(() =>
      only === undefined ? mirror.collect(outbox()) : mirror.collectOnly(only),
    );
    await mirror.commit(changes);
    this.#isWhole = true;
  }
}
