import { AppError } from '../core/error.ts';

/** What has been opened so far, to be closed in the opposite order, however far the opening came. */
export class Closers {
  readonly #closers: (() => Promise<void> | void)[] = [];
  #closing: Promise<void> | undefined;

  get isClosing(): boolean {
    return this.#closing !== undefined;
  }

  /** Nothing may be started once closing has begun: nobody would stop it. Throws AppError `cancelled` then. */
  checkOpen(): void {
    if (this.isClosing) throw new AppError('cancelled', 'it is being stopped');
  }

  /** Once closing has begun, what comes late is closed at once. */
  add(close: () => Promise<void> | void): void {
    this.#closers.push(close);
    if (this.#closing) this.#closing = this.#closing.then(() => this.#closeAll());
  }

  /** May be called again. What can't be closed doesn't keep the rest open; the first such error is thrown at the end. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    const errors: unknown[] = [];
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length > 0) throw errors[0];
  }
}
