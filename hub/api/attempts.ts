/** Wrong tokens that an address may send within the window before it has to wait. */
const maxFailures = 10;
const windowMs = 60_000;
/** Beyond this many addresses the oldest is forgotten: memory stays bounded whoever knocks. */
const maxAddresses = 10_000;

interface Failures {
  readonly count: number;
  readonly untilMs: number;
}

/** Counts wrong tokens by address. Behind a proxy all share one address, and one minute. */
export class Attempts {
  readonly #failures = new Map<string, Failures>();

  /** How many seconds an address has to wait before it may try again; 0 where it may now. */
  waitSeconds(address: string, now: Date): number {
    const known = this.#failures.get(address);
    if (known === undefined || known.count < maxFailures) return 0;
    return Math.max(0, Math.ceil((known.untilMs - now.getTime()) / 1000));
  }

  /** Notes a wrong token. */
  fail(address: string, now: Date): void {
    const known = this.#failures.get(address);
    const going = known !== undefined && known.untilMs > now.getTime() ? known : undefined;
    this.#failures.delete(address);
    this.#failures.set(address, {
      count: (going?.count ?? 0) + 1,
      untilMs: going?.untilMs ?? now.getTime() + windowMs,
    });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > maxAddresses && oldest !== undefined) this.#failures.delete(oldest);
  }
}
