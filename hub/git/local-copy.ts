import { rm } from 'node:fs/promises';
import { AppError } from '../../core/error.ts';
import type { Log } from '../../core/log.ts';
import { DamagedCopy } from './git-error.ts';

export interface LocalCopyOptions {
  readonly url: string;
  readonly dir: string;
  readonly log: Log;
  /** Forgets what was known of the copy; its folder is gone right after. */
  readonly forget: () => void;
  /** Fetches again what was asked for last, into an empty folder. */
  readonly refill: () => Promise<unknown>;
}

/** The folder of one repository: one writer at a time, and thrown away when it turns out damaged. */
export class LocalCopy {
  readonly #options: LocalCopyOptions;
  #last: Promise<unknown> = Promise.resolve();
  #generation = 0;

  constructor(options: LocalCopyOptions) {
    this.#options = options;
  }

  /** Runs one writing task after the other, in the order they came. A failed task doesn't stop the next. */
  write<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Runs an action; where it meets a damaged copy, replaces that and runs it once more. */
  async recovering<T>(action: () => Promise<T>): Promise<T> {
    const generation = this.#generation;
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof DamagedCopy)) throw error;
      await this.#replace(generation, error.message);
    }
    try {
      return await action();
    } catch (error) {
      throw this.#hopeless(error);
    }
  }

  /** Only the first of several readers that met the damage replaces the copy. */
  async #replace(generation: number, reason: string): Promise<void> {
    const { url, dir, log, forget, refill } = this.#options;
    await this.write(async () => {
      if (this.#generation !== generation) return;
      this.#generation += 1;
      log.warn({ url, dir, reason }, 'the local copy of a repository is damaged and is fetched anew');
      forget();
      await rm(dir, { recursive: true, force: true });
      await refill().catch((error: unknown) => {
        throw this.#hopeless(error);
      });
    });
  }

  #hopeless(error: unknown): unknown {
    if (!(error instanceof DamagedCopy)) return error;
    const remedy = "Check the hub's disk, and that nothing else writes to its data folder";
    const message = `a fresh local copy can't be read: ${error.message}`;
    return new AppError('unavailable', message, { subject: this.#options.url, remedy });
  }
}
