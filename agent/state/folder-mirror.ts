import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncFolder, writeDurably } from './atomic-file.ts';
import type { SecretVault } from './secret-vault.ts';

/** A file's size and time of change, by which a change is seen. */
type Stamp = string;

export interface FolderChanges {
  /** `undefined`: gone. */
  readonly contents: ReadonlyMap<string, Uint8Array | undefined>;
  readonly stamps: ReadonlyMap<string, Stamp>;
}

/** Only of use while this process runs; the outbox is given apart, as what waits in it. */
const left: readonly RegExp[] = [/^state\/lock$/, /\.new$/, /^state\/outbox\.jsonl$/];

/**
 * Keeps a copy of an agent's folder in a vault. The vault is the truth: `restore` makes the folder what the vault holds;
 * from there on what changed is collected and committed.
 */
export class FolderMirror {
  readonly #dir: string;
  readonly #vault: SecretVault;
  #stamps: ReadonlyMap<string, Stamp> = new Map();

  private constructor(dir: string, vault: SecretVault) {
    this.#dir = dir;
    this.#vault = vault;
  }

  /** An empty vault takes over the folder as it is: a state that was kept otherwise moves into it. */
  static async restore(dir: string, vault: SecretVault): Promise<FolderMirror> {
    const mirror = new FolderMirror(dir, vault);
    await mkdir(dir, { recursive: true, mode: 0o700 });
    if (vault.isEmpty) return mirror;
    const files = await vault.readAll();
    const stamps = new Map<string, Stamp>();
    for (const name of await readdir(dir)) await rm(join(dir, name), { recursive: true, force: true });
    const folders = new Set([dir]);
    for (const [name, content] of files) {
      const folder = dirname(join(dir, name));
      await mkdir(folder, { recursive: true, mode: 0o700 });
      folders.add(folder);
      await writeDurably(join(dir, name), content);
      stamps.set(
        name,
        name === outboxName ? Buffer.from(content).toString() : await stampOf(join(dir, name)),
      );
    }
    for (const folder of folders) await syncFolder(folder);
    mirror.#stamps = stamps;
    return mirror;
  }

  /**
   * What changed since the last `commit`. Nothing may write the folder's state meanwhile. `outbox` is what it has to be
   * opened with again; `undefined` where nothing waits.
   */
  async collect(outbox: Uint8Array | undefined): Promise<FolderChanges> {
    const contents = new Map<string, Uint8Array | undefined>();
    const stamps = new Map<string, Stamp>();
    for (const name of await this.#files()) {
      const stamp = await stampOf(join(this.#dir, name));
      stamps.set(name, stamp);
      if (this.#stamps.get(name) !== stamp) contents.set(name, await readFile(join(this.#dir, name)));
    }
    if (outbox !== undefined) {
      const stamp = Buffer.from(outbox).toString();
      stamps.set(outboxName, stamp);
      if (this.#stamps.get(outboxName) !== stamp) contents.set(outboxName, outbox);
    }
    for (const name of this.#stamps.keys()) if (!stamps.has(name)) contents.set(name, undefined);
    return { contents, stamps };
  }

  /** What changed of these files alone; the rest stays due. Nothing may write them meanwhile. */
  async collectOnly(names: Iterable<string>): Promise<FolderChanges> {
    const contents = new Map<string, Uint8Array | undefined>();
    const stamps = new Map(this.#stamps);
    for (const name of names) {
      const stamp = await stampOf(join(this.#dir, name));
      if (stamps.get(name) === stamp) continue;
      stamps.set(name, stamp);
      contents.set(name, await readFile(join(this.#dir, name)));
    }
    return { contents, stamps };
  }

  /** Writes them. Throws AppError; then all of it is due again. */
  async commit({ contents, stamps }: FolderChanges): Promise<void> {
    await this.#vault.commit(contents);
    this.#stamps = stamps;
  }

  async #files(): Promise<readonly string[]> {
    const all = await readdir(this.#dir, { recursive: true, withFileTypes: true });
    return all
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(this.#dir.length + 1))
      .filter((name) => !left.some((pattern) => pattern.test(name)))
      .sort();
  }
}

const outboxName = 'state/outbox.jsonl';

async function stampOf(file: string): Promise<Stamp> {
  const { mtimeMs, size, ino } = await stat(file);
  return `${mtimeMs} ${size} ${ino}`;
}
