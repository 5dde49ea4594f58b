/** More different texts than that are not worth looking for. */
const most = 10_000;

/**
 * One copy of each text, where many values repeat a few: what is read from a disk or a network comes as a copy each time.
 * It forgets all of them now and then, which costs a second copy of some, so that it never holds what nobody else has for
 * long.
 */
export class SharedTexts {
  #texts = new Map<string, string>();

  share(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size === most) this.#texts = new Map();
    this.#texts.set(text, text);
    return text;
  }
}
