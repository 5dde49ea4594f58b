import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Digest, shortName } from '../../core/digest.ts';
import { diskError } from '../../core/disk-error.ts';
import { isJsonObject, type Json, jsonAt, parseJson, stringAt, writeJson } from '../../core/json.ts';

/** What a published version was when it was first met. It stays that. */
export interface Pin {
  /** Of the archive. */
  readonly archive: Digest;
  /** Of the manifest that named it, for registries. */
  readonly manifest?: Digest;
  /** When it was made as its repository says, else when it was first met. ISO 8601. */
  readonly created: string;
}

type Versions = Map<string, Pin>;

/**
 * The pins of charts, one file for each: `repository` says which, for people. A version's pin is never replaced by
 * another archive; who wants that deletes the file.
 */
export class Pins {
  readonly #dir: string;
  readonly #known = new Map<string, Promise<Versions>>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** The name of a chart's file, for messages. */
  fileOf(chart: string): string {
    return `${shortName(chart)}.json`;
  }

  async find(chart: string, version: string): Promise<Pin | undefined> {
    return (await this.#versions(chart)).get(version);
  }

  /** The same, as the file says now: somebody may have deleted it. */
  findAgain(chart: string, version: string): Promise<Pin | undefined> {
    this.#known.delete(chart);
    return this.find(chart, version);
  }

  async save(chart: string, version: string, pin: Pin): Promise<void> {
    const versions = await this.#versions(chart);
    versions.set(version, pin);
    const file = join(this.#dir, this.fileOf(chart));
    const half = `${file}.${randomUUID()}.half`;
    const text = writeJson({ chart, versions: Object.fromEntries(versions) as unknown as Json }, 2);
    try {
      await mkdir(this.#dir, { recursive: true });
      await writeFile(half, `${text}\n`);
      await rename(half, file);
    } catch (error) {
      await rm(half, { force: true });
      throw diskError(error, file, 'Until then no new version of a chart can be taken up; what runs stays');
    }
  }

  #versions(chart: string): Promise<Versions> {
    const known = this.#known.get(chart) ?? this.#read(chart);
    this.#known.set(chart, known);
    return known;
  }

  async #read(chart: string): Promise<Versions> {
    const versions: Versions = new Map();
    const text = await readFile(join(this.#dir, this.fileOf(chart)), 'utf8').catch(() => undefined);
    if (text === undefined) return versions;
    try {
      const all = jsonAt(parseJson(text), 'versions');
      for (const [version, pin] of isJsonObject(all) ? Object.entries(all) : []) {
        const archive = stringAt(pin, 'archive');
        const manifest = stringAt(pin, 'manifest');
        const created = stringAt(pin, 'created');
        if (archive === undefined || created === undefined) continue;
        versions.set(version, { archive, created, ...(manifest === undefined ? {} : { manifest }) });
      }
    } catch {
      // A file that was changed by hand and can't be read pins nothing.
    }
    return versions;
  }
}
