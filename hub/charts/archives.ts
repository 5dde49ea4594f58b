import { type Digest, digest } from '../../core/digest.ts';
import { AppError } from '../../core/error.ts';
import type { SourceTree } from '../ports.ts';
import type { ArchiveCache, KeptArchive } from './archive-cache.ts';
import { treeOf, type UnpackedTree } from './archive-tree.ts';
import { type ArchiveLayout, type ArchiveLimits, readArchive } from './read-archive.ts';

/** Where an archive comes from, for messages. */
export interface ArchiveOrigin {
  readonly url: string;
  readonly layout: ArchiveLayout;
  /** What it has to be, where that is known beforehand. */
  readonly expected: Digest | undefined;
}

interface ArchivesOptions {
  readonly cache: ArchiveCache;
  readonly limits: ArchiveLimits;
  readonly now: () => Date;
}

const keptBytes = 64 * 1024 * 1024;
const dayMs = 24 * 3600 * 1000;
const unusedDays = 30;

/** Checked archives, on disk and (the ones used last) unpacked in memory. */
export class Archives {
  readonly #options: ArchivesOptions;
  readonly #taking = new Map<string, Promise<Digest>>();
  /** What was refused, so that the same isn't downloaded at every poll. */
  readonly #refused = new Map<Digest, AppError>();
  readonly #unpacked = new Map<Digest, UnpackedTree>();
  #unpacking: Promise<unknown> = Promise.resolve();
  #collectedAt = 0;

  constructor(options: ArchivesOptions) {
    this.#options = options;
  }

  has(archive: Digest): Promise<boolean> {
    return this.#options.cache.has(archive, this.#options.now());
  }

  /**
   * Downloads an archive, checks it and keeps it; two at once are one. Throws what the download throws, and AppError
   * `invalid` or `too-large` for what is no archive or another one than it has to be.
   */
  take(origin: ArchiveOrigin, download: () => Promise<Uint8Array>): Promise<Digest> {
    const running = this.#taking.get(origin.url);
    if (running !== undefined) return running;
    const taken = this.#take(origin, download).finally(() => this.#taking.delete(origin.url));
    this.#taking.set(origin.url, taken);
    return taken;
  }

  async #take(
    { url, layout, expected }: ArchiveOrigin,
    download: () => Promise<Uint8Array>,
  ): Promise<Digest> {
    const known = expected === undefined ? undefined : this.#refused.get(expected);
    if (known !== undefined) throw known;
    const bytes = await download();
    const archive = digest(bytes);
    if (expected !== undefined && archive !== expected) {
      throw new AppError('invalid', `it has the digest ${archive}, and has to have ${expected}`, {
        subject: url,
        remedy: 'Publish the chart again, so that its archive and what names its digest agree',
      });
    }
    try {
      await this.#unpack(archive, { bytes, layout });
    } catch (error) {
      const { code, message } = AppError.from(error);
      const refused = new AppError(code, `the archive is refused: ${message}`, {
        subject: url,
        remedy: 'Package the chart again with `helm package`, or publish a smaller one',
      });
      this.#refused.set(archive, refused);
      throw refused;
    }
    await this.#options.cache.write(archive, { bytes, layout });
    return archive;
  }

  /** Throws AppError `not-found` where it isn't at hand. */
  async read(archive: Digest): Promise<KeptArchive> {
    const kept = await this.#options.cache.read(archive);
    if (kept !== undefined) return kept;
    throw new AppError('not-found', `the archive ${archive} is not in the hub's cache any more`, {
      remedy: 'The hub downloads it again at the next poll',
    });
  }

  async open(archive: Digest): Promise<SourceTree> {
    const { tree } = await this.#tree(archive);
    return {
      tree,
      read: async (oids) => {
        const { blobs } = await this.#tree(archive);
        return new Map(oids.map((oid) => [oid, this.#blob(archive, blobs.get(oid))]));
      },
    };
  }

  #blob(archive: Digest, blob: Uint8Array | undefined): Uint8Array {
    if (blob !== undefined) return blob;
    throw new AppError('not-found', `the archive ${archive} does not hold what was asked for`);
  }

  async #tree(archive: Digest): Promise<UnpackedTree> {
    const known = this.#unpacked.get(archive);
    if (known === undefined) return this.#unpack(archive, await this.read(archive));
    this.#unpacked.delete(archive);
    this.#unpacked.set(archive, known);
    return known;
  }

  /** One at a time: each may take as much memory as the limit says. */
  async #unpack(archive: Digest, { bytes, layout }: KeptArchive): Promise<UnpackedTree> {
    const before = this.#unpacking;
    const unpacked = before
      .catch(() => undefined)
      .then(async () => treeOf(await readArchive(bytes, layout, this.#options.limits)));
    this.#unpacking = unpacked.catch(() => undefined);
    const tree = await unpacked;
    this.#unpacked.set(archive, tree);
    this.#forgetOldest(archive);
    return tree;
  }

  #forgetOldest(newest: Digest): void {
    let bytes = 0;
    for (const each of this.#unpacked.values()) bytes += each.bytes;
    for (const [archive, each] of this.#unpacked) {
      if (bytes <= keptBytes || archive === newest) return;
      this.#unpacked.delete(archive);
      bytes -= each.bytes;
    }
  }

  /** Once a day, removes what wasn't asked for in 30 days. */
  async collect(): Promise<void> {
    const now = this.#options.now().getTime();
    if (now - this.#collectedAt < dayMs) return;
    this.#collectedAt = now;
    await this.#options.cache.collect(new Date(now - unusedDays * dayMs));
  }
}
