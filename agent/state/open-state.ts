import { randomBytes } from 'node:crypto';
import { mkdir, open, readdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Digest, keyedDigest } from '../../core/digest.ts';
import { diskError } from '../../core/disk-error.ts';
import { AppError } from '../../core/error.ts';
import { type Json, parseJson, writeJson } from '../../core/json.ts';
import type { StatePort, StoredDesired } from '../ports.ts';
import { readIfThere, replaceFile, syncFolder, writeDurably } from './atomic-file.ts';
import { type BlobPlace, type DesiredFile, decodeDesiredFile, encodeDesiredFile } from './desired-file.ts';
import { type FolderLock, lockFolder } from './folder-lock.ts';
import { planMerge } from './pack-plan.ts';
import { sealContent, unsealContent } from './sealed-content.ts';

export interface AgentState extends StatePort {
  /** Runs a task while nothing is written to the folder; what is written meanwhile waits. */
  still<T>(task: () => Promise<T>): Promise<T>;
  /** Lets another process use the folder. */
  close(): Promise<void>;
}

const consequence = 'What is in force stays in force';
const desiredName = 'desired';
/** What becomes of a file of another key or of a damaged one. */
const damagedRemedy =
  'Restore it from a backup; or remove it: nothing on the cluster is changed by that, and the hub sends the desired state again';

/**
 * Opens an agent's folder: `key` (made once, readable by this user only), `desired` (the head and where its contents
 * lie), `packs/` (contents, several to a file, sealed by the key) and `documents/` (sealed as well). Throws AppError `conflict` where
 * another agent uses it, `invalid` for a damaged key or head.
 */
export async function openState(options: { readonly dir: string }): Promise<AgentState> {
  const { dir } = options;
  try {
    await mkdir(join(dir, 'packs'), { recursive: true, mode: 0o700 });
    await mkdir(join(dir, 'documents'), { recursive: true, mode: 0o700 });
    const lock = await lockFolder(join(dir, 'lock'));
    try {
      const key = await readOrMakeKey(join(dir, 'key'));
      const file = await readDesiredFile(join(dir, desiredName), key);
      const state = new FolderState(dir, key, file, lock);
      await state.collect();
      return state;
    } catch (error) {
      lock.release();
      throw error;
    }
  } catch (error) {
    throw diskError(error, dir, 'The agent needs its folder to start');
  }
}

async function readOrMakeKey(file: string): Promise<Uint8Array> {
  const known = await readIfThere(file);
  if (known === undefined) {
    const key = randomBytes(32);
    await replaceFile(file, key);
    return key;
  }
  if (known.length === 32) return known;
  throw new AppError('invalid', 'this should be a key of 32 bytes and is not', {
    subject: file,
    remedy: `Restore it from a backup; or remove the whole folder ${dirname(file)}: nothing on the cluster is changed by that, and the hub sends the desired state again`,
  });
}

async function readDesiredFile(file: string, key: Uint8Array): Promise<DesiredFile | undefined> {
  const sealed = await readIfThere(file);
  if (sealed === undefined) return undefined;
  const bytes = unsealContent(key, desiredName, sealed);
  const decoded = bytes === undefined ? undefined : decodeDesiredFile(bytes);
  if (decoded !== undefined) return decoded;
  throw new AppError('invalid', 'the stored desired state is damaged, or the key beside it is another', {
    subject: file,
    remedy: damagedRemedy,
  });
}

class FolderState implements AgentState {
  readonly #dir: string;
  readonly #key: Uint8Array;
  readonly #lock: FolderLock;
  #file: DesiredFile | undefined;
  readonly #packSizes = new Map<string, number>();
  #lastPack = 0;
  #writing: Promise<unknown> = Promise.resolve();

  constructor(dir: string, key: Uint8Array, file: DesiredFile | undefined, lock: FolderLock) {
    this.#dir = dir;
    this.#key = key;
    this.#file = file;
    this.#lock = lock;
  }

  async readDesired(): Promise<StoredDesired | undefined> {
    return this.#file?.desired;
  }

  saveDesired(desired: StoredDesired, blobs: ReadonlyMap<Digest, Uint8Array>): Promise<void> {
    return this.#inOrder(() => this.#saveDesired(desired, blobs));
  }

  async readBlobs(digests: readonly Digest[]): Promise<ReadonlyMap<Digest, Uint8Array>> {
    await this.#writing;
    const found = new Map<Digest, Uint8Array>();
    const file = this.#file;
    if (file === undefined) return found;
    for (const [digest, sealed] of await this.#readSealed(file.places, digests)) {
      const bytes = unsealContent(this.#key, digest, sealed);
      if (bytes !== undefined && keyedDigest(file.desired.digestKey, bytes) === digest)
        found.set(digest, bytes);
    }
    return found;
  }

  async readDocument(name: string): Promise<Json | undefined> {
    await this.#writing;
    const file = this.#documentFile(name);
    const sealed = await readIfThere(file);
    if (sealed === undefined) return undefined;
    const bytes = unsealContent(this.#key, name, sealed);
    if (bytes !== undefined) return parseJson(Buffer.from(bytes).toString('utf8'));
    throw new AppError('invalid', 'this document of the agent is damaged, or the key beside it is another', {
      subject: file,
      remedy: 'Restore it from a backup; or remove it: what it remembered is found out again',
    });
  }

  saveDocument(name: string, value: Json): Promise<void> {
    const sealed = sealContent(this.#key, name, Buffer.from(writeJson(value)));
    return this.#inOrder(() => replaceFile(this.#documentFile(name), sealed));
  }

  /** What `saveDocument` wrote is on the disk. */
  secureDocuments(): Promise<void> {
    return Promise.resolve();
  }

  still<T>(task: () => Promise<T>): Promise<T> {
    const done = this.#writing.then(task);
    this.#writing = done.catch(() => undefined);
    return done;
  }

  async close(): Promise<void> {
    await this.#writing;
    this.#lock.release();
  }

  /** Removes packs that nothing names: a crash can leave one, and so does each new head. */
  async collect(): Promise<void> {
    const named = new Set([...(this.#file?.places.values() ?? [])].map((place) => place.pack));
    for (const pack of await readdir(join(this.#dir, 'packs'))) {
      this.#lastPack = Math.max(this.#lastPack, Number.parseInt(pack, 10) || 0);
      if (!named.has(pack)) {
        await unlink(this.#packFile(pack));
        this.#packSizes.delete(pack);
      } else if (!this.#packSizes.has(pack)) {
        const handle = await open(this.#packFile(pack), 'r');
        this.#packSizes.set(pack, (await handle.stat()).size);
        await handle.close();
      }
    }
  }

  async #saveDesired(desired: StoredDesired, blobs: ReadonlyMap<Digest, Uint8Array>): Promise<void> {
    const named = new Set(desired.head.entries.values());
    const kept = new Map([...(this.#file?.places ?? [])].filter(([digest]) => named.has(digest)));
    const merged = planMerge(kept, this.#packSizes);
    const moving = [...kept].filter(([, place]) => merged.has(place.pack)).map(([digest]) => digest);
    const contents = new Map(await this.#readSealed(kept, moving));
    for (const digest of moving) kept.delete(digest);
    for (const [digest, bytes] of blobs) {
      // A content that comes again replaces a stored one, which may be damaged.
      if (named.has(digest)) contents.set(digest, sealContent(this.#key, digest, bytes));
    }
    const places = new Map([...kept, ...(await this.#writePack(contents))]);
    const file = { desired, places };
    await replaceFile(
      join(this.#dir, desiredName),
      sealContent(this.#key, desiredName, encodeDesiredFile(file)),
    );
    this.#file = file;
    await this.collect();
  }

  async #writePack(contents: ReadonlyMap<Digest, Uint8Array>): Promise<ReadonlyMap<Digest, BlobPlace>> {
    const places = new Map<Digest, BlobPlace>();
    if (contents.size === 0) return places;
    this.#lastPack += 1;
    const pack = `${this.#lastPack}.pack`;
    let offset = 0;
    for (const [digest, { length }] of contents) {
      places.set(digest, { pack, offset, length });
      offset += length;
    }
    await writeDurably(this.#packFile(pack), Buffer.concat([...contents.values()]));
    await syncFolder(join(this.#dir, 'packs'));
    this.#packSizes.set(pack, offset);
    return places;
  }

  /** Contents as they lie on disk; those that can't be read are left out. */
  async #readSealed(
    places: ReadonlyMap<Digest, BlobPlace>,
    digests: readonly Digest[],
  ): Promise<readonly (readonly [Digest, Uint8Array])[]> {
    const byPack = Map.groupBy(
      digests.flatMap((digest) => {
        const place = places.get(digest);
        return place === undefined ? [] : [{ digest, ...place }];
      }),
      (wanted) => wanted.pack,
    );
    const found: (readonly [Digest, Uint8Array])[] = [];
    for (const [pack, wanted] of byPack) {
      const handle = await open(this.#packFile(pack), 'r').catch(() => undefined);
      if (handle === undefined) continue;
      try {
        for (const { digest, offset, length } of wanted) {
          const buffer = Buffer.alloc(length);
          const { bytesRead } = await handle.read(buffer, 0, length, offset);
          if (bytesRead === length) found.push([digest, buffer]);
        }
      } finally {
        await handle.close();
      }
    }
    return found;
  }

  #inOrder(work: () => Promise<void>): Promise<void> {
    const done = this.#writing.then(work).catch((error: unknown) => {
      throw diskError(error, this.#dir, consequence);
    });
    this.#writing = done.catch(() => undefined);
    return done;
  }

  #packFile(pack: string): string {
    return join(this.#dir, 'packs', pack);
  }

  #documentFile(name: string): string {
    return join(this.#dir, documentPath(name));
  }
}

/** Where a document lies within the folder. */
export function documentPath(name: string): string {
  return join('documents', encodeURIComponent(name));
}
