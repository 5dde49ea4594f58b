const newline = 0x0a;

/**
 * Splits a stream of bytes into lines. It splits before it decodes, so that a character which arrives in two chunks
 * stays whole.
 */
export class LineSplitter {
  readonly #limit: number;
  #parts: Uint8Array[] = [];
  #pending = 0;

  /** @param limit bytes that a line may have */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes of a line that has not ended yet. */
  get pending(): number {
    return this.#pending;
  }

  /** The lines that end in this chunk, without empty ones. Throws RangeError where a line is longer than the limit. */
  *push(chunk: Uint8Array): Generator<string> {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(newline, start);
      this.#add(chunk.subarray(start, end < 0 ? chunk.length : end));
      if (end < 0) return;
      const line = Buffer.concat(this.#parts).toString('utf8');
      this.#parts = [];
      this.#pending = 0;
      if (line !== '') yield line;
      start = end + 1;
    }
  }

  #add(part: Uint8Array): void {
    if (part.length === 0) return;
    this.#parts.push(part);
    this.#pending += part.length;
    if (this.#pending > this.#limit) throw new RangeError(`a line is longer than ${this.#limit} bytes`);
  }
}
