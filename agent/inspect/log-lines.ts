const newline = 0x0a;

/** Bytes of one line that are shown; what is longer is no text that a person reads. */
const longestLine = 16 * 1024;

/**
 * Splits a log into lines, whatever comes: a line without an end is cut, and what is beyond is dropped until the next one
 * begins, so that memory stays bounded. It splits before it decodes.
 */
export class LogLines {
  #parts: Uint8Array[] = [];
  #length = 0;
  #isCut = false;

  *push(chunk: Uint8Array): Generator<string> {
    for (let start = 0; start < chunk.length; ) {
      const end = chunk.indexOf(newline, start);
      this.#keep(chunk.subarray(start, end < 0 ? chunk.length : end));
      if (end < 0) return;
      yield this.#take();
      start = end + 1;
    }
  }

  /** A last line that has no end. */
  rest(): string | undefined {
    return this.#length === 0 ? undefined : this.#take();
  }

  #keep(part: Uint8Array): void {
    const room = longestLine - this.#length;
    if (part.length > room) this.#isCut = true;
    const kept = part.subarray(0, room);
    if (kept.length === 0) return;
    // A copy: the rest of the chunk must not be kept for it.
    this.#parts.push(Uint8Array.from(kept));
    this.#length += kept.length;
  }

  #take(): string {
    const text = Buffer.concat(this.#parts).toString('utf8');
    const line = `${text.endsWith('\r') ? text.slice(0, -1) : text}${this.#isCut ? ' … (cut)' : ''}`;
    this.#parts = [];
    this.#length = 0;
    this.#isCut = false;
    return line;
  }
}

/** The kubelet's time before a line, and the line. */
export function splitTime(line: string): { readonly at?: string; readonly text: string } {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) ?/.exec(line);
  if (match === null) return { text: line };
  const [prefix, at = ''] = match;
  return { at, text: line.slice(prefix.length) };
}
