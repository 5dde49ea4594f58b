import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { shortName } from '../../core/digest.ts';
import { AppError } from '../../core/error.ts';
import { parseJson, stringAt, writeJson } from '../../core/json.ts';
import { ask, type FindRemote, refusal, shownUrl } from './ask.ts';
import { type IndexPart, readIndex } from './index-file.ts';

const maxIndexBytes = 64 * 1024 * 1024;

/** By which a server says that nothing has changed. */
interface Validators {
  readonly etag?: string;
  readonly lastModified?: string;
}

/**
 * The index.yaml of one repository: asked for anew each time, and only sent where it has changed. Kept on disk as it was
 * sent; in memory, only the charts that were wanted.
 */
export class KnownIndex {
  readonly #url: string;
  readonly #dir: string;
  readonly #find: FindRemote;
  #validators: Validators | undefined;
  #part: IndexPart | undefined;

  /** `url` ends with a slash. */
  constructor(url: string, dir: string, find: FindRemote) {
    this.#url = url;
    this.#dir = dir;
    this.#find = find;
  }

  /** One request. Throws AppError where there is no index. */
  async read(wanted: ReadonlySet<string>, signal?: AbortSignal): Promise<IndexPart> {
    const validators = await this.#readValidators();
    const url = `${this.#url}index.yaml`;
    const answer = await ask({
      find: this.#find,
      url,
      headers: {
        accept: '*/*',
        ...(validators.etag === undefined ? {} : { 'if-none-match': validators.etag }),
        ...(validators.lastModified === undefined ? {} : { 'if-modified-since': validators.lastModified }),
      },
      maxBytes: maxIndexBytes,
      signal,
    });
    if (answer.status === 304) return (await this.#known(wanted)) ?? this.#again(wanted, signal);
    if (answer.status !== 200) {
      throw refusal(answer, url, {
        message: 'there is no index.yaml, so this is no chart repository (404)',
        remedy: 'Correct repoURL; charts of a registry have no https:// before them',
      });
    }
    const text = answer.body.toString('utf8');
    const part = await this.#parse(text, wanted);
    await this.#keep(answer.body, answer.headers);
    this.#part = part;
    return part;
  }

  /** What was sent before, with the charts that are wanted now. `undefined` where it isn't there any more. */
  async #known(wanted: ReadonlySet<string>): Promise<IndexPart | undefined> {
    const part = this.#part;
    const isCovered = (name: string): boolean =>
      part?.charts.has(name) === true || part?.names.includes(name) === false;
    if (part !== undefined && [...wanted].every(isCovered)) return part;
    const text = await readFile(this.#file('yaml'), 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    this.#part = await this.#parse(text, new Set([...wanted, ...(part?.charts.keys() ?? [])])).catch(
      () => undefined,
    );
    return this.#part;
  }

  async #again(wanted: ReadonlySet<string>, signal: AbortSignal | undefined): Promise<IndexPart> {
    this.#validators = {};
    await rm(this.#file('json'), { force: true });
    return this.read(wanted, signal);
  }

  async #parse(text: string, wanted: ReadonlySet<string>): Promise<IndexPart> {
    const part = await readIndex(text, wanted);
    if (part !== undefined) return part;
    throw new AppError('invalid', "its index.yaml can't be read as the index of a chart repository", {
      subject: shownUrl(`${this.#url}index.yaml`),
      remedy: 'Make it anew with `helm repo index`, or correct repoURL',
    });
  }

  async #readValidators(): Promise<Validators> {
    if (this.#validators === undefined) {
      const text = await readFile(this.#file('json'), 'utf8').catch(() => undefined);
      this.#validators = text === undefined ? {} : parseValidators(text);
    }
    return this.#validators;
  }

  /** The validators go first and come last, so that they never belong to another text. */
  async #keep(body: Uint8Array, headers: Headers): Promise<void> {
    const etag = headers.get('etag');
    const lastModified = headers.get('last-modified');
    this.#validators = {};
    await rm(this.#file('json'), { force: true });
    if (etag === null && lastModified === null) return;
    const validators = {
      url: this.#url,
      ...(etag === null ? {} : { etag }),
      ...(lastModified === null ? {} : { lastModified }),
    };
    try {
      await mkdir(this.#dir, { recursive: true });
      await writeFile(this.#file('half'), body);
      await rename(this.#file('half'), this.#file('yaml'));
      await writeFile(this.#file('json'), writeJson(validators));
      this.#validators = validators;
    } catch {
      // It only costs the whole answer the next time.
    }
  }

  #file(ending: 'yaml' | 'json' | 'half'): string {
    return join(this.#dir, `${shortName(this.#url)}.${ending}`);
  }
}

function parseValidators(text: string): Validators {
  try {
    const json = parseJson(text);
    const etag = stringAt(json, 'etag');
    const lastModified = stringAt(json, 'lastModified');
    return {
      ...(etag === undefined ? {} : { etag }),
      ...(lastModified === undefined ? {} : { lastModified }),
    };
  } catch {
    return {};
  }
}
