import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { shortName } from '../../core/digest.ts';

/**
 * Copies of keys and certificates for tools that want files: readable by the hub's user alone, as OpenSSH asks, however
 * open a mounted Secret is. In a temporary folder of their own, which goes with the hub.
 */
export class PrivateFiles {
  #dir: Promise<string> | undefined;

  /** The path of a file with this content; the same again for the same. */
  async write(content: string): Promise<string> {
    this.#dir ??= mkdtemp(join(tmpdir(), 'fairlead-keys-'));
    const file = join(await this.#dir, shortName(content));
    const isThere = await stat(file).then(
      () => true,
      () => false,
    );
    // OpenSSH reads no key whose last line has no end.
    if (!isThere) await writeFile(file, `${content.replaceAll('\r\n', '\n').trimEnd()}\n`, { mode: 0o600 });
    return file;
  }

  /** Removes all of them. */
  async close(): Promise<void> {
    if (this.#dir === undefined) return;
    await rm(await this.#dir, { recursive: true, force: true });
    this.#dir = undefined;
  }
}
