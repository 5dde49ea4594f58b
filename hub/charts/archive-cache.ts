import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, digest } from '../../core/digest.ts';
import { diskError } from '../../core/disk-error.ts';
import type { ArchiveLayout } from './read-archive.ts';

const consequence = 'Until then no new version of a chart can be taken up; what runs stays';

export interface KeptArchive {
  readonly bytes: Uint8Array;
  readonly layout: ArchiveLayout;
}

const layouts: readonly ArchiveLayout[] = ['chart', 'plain'];

/**
 * Archives on disk, by their digest. What is read is checked against its name, so that neither a half-written nor a
 * changed file is ever used. Throws AppError `unavailable` where the disk can't be used.
 */
export class ArchiveCache {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Whether it's there; being asked for keeps it from being collected. */
  async has(archive: Digest, now: Date): Promise<boolean> {
    for (const layout of layouts) {
      const isTouched = await utimes(this.#file(archive, layout), now, now).then(
        () => true,
        () => false,
      );
      if (isTouched) return true;
    }
    return false;
  }

  async write(archive: Digest, { bytes, layout }: KeptArchive): Promise<void> {
    const file = this.#file(archive, layout);
    const half = `${file}.${randomUUID()}.half`;
    try {
      await mkdir(this.#dir, { recursive: true });
      await writeFile(half, bytes);
      await rename(half, file);
    } catch (error) {
      await rm(half, { force: true });
      throw diskError(error, file, consequence);
    }
  }

  /** `undefined` where it isn't there or isn't what its name says; then it's gone, so that it's downloaded again. */
  async read(archive: Digest): Promise<KeptArchive | undefined> {
    for (const layout of layouts) {
      const file = this.#file(archive, layout);
      try {
        const bytes = await readFile(file);
        if (digest(bytes) === archive) return { bytes, layout };
        await rm(file, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw diskError(error, file, consequence);
      }
    }
    return undefined;
  }

  /** Removes what nobody asked for since a moment, and what a crash left half-written. */
  async collect(before: Date): Promise<void> {
    const names = await readdir(this.#dir).catch(() => []);
    for (const name of names) {
      const file = join(this.#dir, name);
      const found = await stat(file).catch(() => undefined);
      if (found !== undefined && found.mtime < before) await rm(file, { force: true });
    }
  }

  #file(archive: Digest, layout: ArchiveLayout): string {
    return join(this.#dir, `${archive.replace(/^sha256:/u, '')}.${layout === 'chart' ? 'tgz' : 'layer'}`);
  }
}
