import { AppError, describeError, formatError } from '../../core/error.ts';
import type { Log } from '../../core/log.ts';
import type { Credential } from '../credentials/credential.ts';
import type { TestStep } from '../credentials/describe-test.ts';
import { findCredential } from '../credentials/match-url.ts';
import type { RemoteAccess, RemotePort } from '../credentials/remote.ts';
import { AccessMaker, splitUserinfo } from './access-maker.ts';
import { probe } from './probe.ts';
import { type CredentialLists, parseLists, readListTexts } from './read-lists.ts';

export interface OpenRemoteOptions {
  readonly lists: CredentialLists;
  /** Where entries that name variables find them. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: { now(): Date };
  readonly log: Log;
}

/**
 * Opens the hub's credentials. Every list and secret is read once right away, so that a wrong name shows when the hub
 * starts. Throws AppError naming file and line; no message repeats a secret.
 */
export async function openRemote(options: OpenRemoteOptions): Promise<RemotePort> {
  const { lists, environment, clock, log } = options;
  const texts = await readListTexts(lists);
  const maker = new AccessMaker({ environment, now: () => clock.now() });
  const entries = await parseLists(lists, texts);
  for (const entry of entries) await maker.check(entry);
  return new Remote(lists, maker, log, { entries, texts: JSON.stringify(texts) });
}

interface Loaded {
  readonly entries: readonly Credential[];
  /** What it was read from, to see a change. */
  readonly texts: string;
}

class Remote implements RemotePort {
  readonly #lists: CredentialLists;
  readonly #maker: AccessMaker;
  readonly #log: Log;
  #loaded: Loaded;
  #problem: string | undefined;

  constructor(lists: CredentialLists, maker: AccessMaker, log: Log, loaded: Loaded) {
    this.#lists = lists;
    this.#maker = maker;
    this.#log = log;
    this.#loaded = loaded;
  }

  async access(url: string): Promise<RemoteAccess> {
    await this.#reload();
    const { address, login } = splitUserinfo(url);
    return this.#maker.make(findCredential(address, this.#loaded.entries), login);
  }

  async probe(url: string): Promise<readonly TestStep[]> {
    await this.#reload();
    const { address } = splitUserinfo(url);
    return probe(await this.#maker.target(address, findCredential(address, this.#loaded.entries)));
  }

  entry(url: string): ReturnType<RemotePort['entry']> {
    const found = findCredential(splitUserinfo(url).address, this.#loaded.entries);
    if (found === undefined) return undefined;
    const { name, urlPrefix, place, authentication } = found;
    return { name, urlPrefix, place, kind: authentication.type };
  }

  refused(url: string): void {
    const found = findCredential(splitUserinfo(url).address, this.#loaded.entries);
    if (found !== undefined) this.#maker.forget(found);
  }

  problem(): string | undefined {
    return this.#problem;
  }

  close(): Promise<void> {
    return this.#maker.close();
  }

  /** Takes a changed list up; one that can't be read changes nothing, and is told of once. */
  async #reload(): Promise<void> {
    try {
      const texts = await readListTexts(this.#lists);
      const key = JSON.stringify(texts);
      if (key !== this.#loaded.texts) {
        this.#loaded = { entries: await parseLists(this.#lists, texts), texts: key };
        this.#log.info({ entries: this.#loaded.entries.length }, 'the list of credentials has changed');
      }
      this.#problem = undefined;
    } catch (error) {
      const problem = formatError(AppError.from(error));
      if (problem !== this.#problem) {
        this.#log.warn(
          describeError(error),
          'the list of credentials cannot be read: the last good one counts',
        );
      }
      this.#problem = problem;
    }
  }
}
