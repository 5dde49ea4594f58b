import type { ChildProcess } from 'node:child_process';
import { maxFileBytes } from '../../core/size-limits.ts';
import { DamagedCopy } from './git-error.ts';
import { type GitRun, spawnGit } from './run-git.ts';

export interface GitObject {
  readonly oid: string;
  readonly type: string;
  readonly content: Uint8Array;
  /** A blob of more than {@link maxFileBytes}: its content is passed over, and `content` is empty. */
  readonly isTooLarge?: true;
}

interface Waiting {
  resolve(object: GitObject | undefined): void;
  reject(error: Error): void;
}

const header = /^([0-9a-f]{40,64}) (\w+) (\d+)$/;
/** A repository that nobody reads keeps no process. */
const idleMs = 300_000;

/**
 * Objects of one repository, by a `git cat-file --batch` that stays: a read costs a pipe's round trip. It sees what
 * later fetches bring.
 */
export class CatFile {
  readonly #run: GitRun;
  #child: ChildProcess | undefined;
  #idle: NodeJS.Timeout | undefined;
  #waiting: Waiting[] = [];
  #first = 0;
  #chunks: Buffer[] = [];
  #buffered = 0;
  /** Bytes of a large blob that are still to come. */
  #passOver = 0;
  #current: { readonly oid: string; readonly type: string; readonly size: number } | undefined;
  #stderr = '';
  #closed: Error | undefined;

  constructor(run: GitRun) {
    this.#run = run;
  }

  /**
   * Objects by id or by an expression such as `refs/heads/main^{commit}`, in the order asked for; `undefined` where
   * there is none. Throws DamagedCopy where the repository can't be read.
   */
  async read(names: readonly string[]): Promise<readonly (GitObject | undefined)[]> {
    if (names.length === 0) return [];
    if (this.#closed !== undefined) throw this.#closed;
    const child = this.#child ?? this.#start();
    this.#idle?.refresh();
    const answers = names.map(
      () =>
        new Promise<GitObject | undefined>((resolve, reject) => {
          this.#waiting.push({ resolve, reject });
        }),
    );
    child.stdin?.write(`${names.join('\n')}\n`);
    return Promise.all(answers);
  }

  /** Ends the process for good; reads that wait, and later ones, fail with the reason given. */
  close(reason: Error): void {
    this.#closed = reason;
    this.#child?.kill();
    this.#end(reason);
  }

  #start(): ChildProcess {
    const child = spawnGit(this.#run, ['cat-file', '--batch']);
    this.#child = child;
    this.#stderr = '';
    child.stdin?.on('error', () => this.#endOf(child, 'its input is closed'));
    child.stderr?.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-4096);
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      if (this.#child === child) this.#take(chunk);
    });
    child.once('error', (error) => this.#endOf(child, error.message));
    child.once('close', () => this.#endOf(child, this.#stderr.trim() || 'git cat-file ended'));
    this.#idle = setTimeout(() => {
      if (this.#waiting.length === this.#first) child.kill();
      else this.#idle?.refresh();
    }, idleMs).unref();
    return child;
  }

  #endOf(child: ChildProcess, reason: string): void {
    if (this.#child === child) this.#end(new DamagedCopy(reason));
  }

  #end(reason: Error): void {
    const waiting = this.#waiting.slice(this.#first);
    clearTimeout(this.#idle);
    this.#child = undefined;
    this.#waiting = [];
    this.#first = 0;
    this.#chunks = [];
    this.#buffered = 0;
    this.#passOver = 0;
    this.#current = undefined;
    for (const { reject } of waiting) reject(reason);
  }

  #take(arrived: Buffer): void {
    const chunk = arrived.subarray(this.#passOver);
    this.#passOver -= arrived.length - chunk.length;
    if (chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#buffered += chunk.length;
    // A large object comes in many chunks: they are joined once, when it is whole.
    if (this.#current !== undefined && this.#buffered <= this.#current.size) return;
    let data = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks);
    for (;;) {
      if (this.#current === undefined) {
        const end = data.indexOf(10);
        if (end < 0) break;
        this.#readHeader(data.toString('utf8', 0, end));
        data = this.#withoutLarge(data.subarray(end + 1));
      } else {
        const { oid, type, size } = this.#current;
        if (data.length <= size) break;
        this.#answer({ oid, type, content: Uint8Array.from(data.subarray(0, size)) });
        this.#current = undefined;
        data = data.subarray(size + 1);
      }
    }
    this.#chunks = data.length === 0 ? [] : [data];
    this.#buffered = data.length;
  }

  /** Answers for a blob that is too large, and takes what came of it away. */
  #withoutLarge(data: Buffer): Buffer {
    if (this.#current?.type !== 'blob' || this.#current.size <= maxFileBytes) return data;
    const { oid, type, size } = this.#current;
    const rest = data.subarray(size + 1);
    this.#passOver = size + 1 - (data.length - rest.length);
    this.#current = undefined;
    this.#answer({ oid, type, content: new Uint8Array(), isTooLarge: true });
    return rest;
  }

  #readHeader(line: string): void {
    const match = header.exec(line);
    if (match === null) this.#answer(undefined);
    else this.#current = { oid: match[1] ?? '', type: match[2] ?? '', size: Number(match[3]) };
  }

  #answer(object: GitObject | undefined): void {
    this.#waiting[this.#first]?.resolve(object);
    this.#first += 1;
    if (this.#first < this.#waiting.length) return;
    this.#waiting = [];
    this.#first = 0;
  }
}
