import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { AppError } from '../../core/error.ts';
import type { TreeEntry } from '../ports.ts';
import type { SourceFiles } from './source-files.ts';
import { resolvePath } from './source-paths.ts';

/** Exactly what a render reads: files, links and whole folders, by path. */
export class Closure {
  readonly #files: SourceFiles;
  readonly #entries = new Map<string, TreeEntry>();

  constructor(files: SourceFiles) {
    this.#files = files;
  }

  /** Adds what stands at a path; a folder with all that is below it. */
  add(path: string): void {
    const entry = this.#files.tree.get(path);
    if (entry !== undefined) this.#entries.set(path, entry);
  }

  /** Part of a render's key: equal texts mean equal files at equal places. */
  describe(): string {
    const lines = [...this.#entries].map(([path, { type, oid }]) => `${type} ${oid} ${path}`);
    return lines.sort().join('\n');
  }

  /** Paths of all files and links. */
  paths(): readonly string[] {
    const paths = new Set<string>();
    for (const [path, { type }] of this.#entries) {
      if (type !== 'tree') paths.add(path);
      else for (const [below] of this.#files.walk(path)) paths.add(below);
    }
    return [...paths];
  }

  /**
   * Writes all of it below a folder. Links are written as links: whoever added them has checked that they stay inside.
   * Throws AppError `invalid` for names that no honest repository has, `too-large` beyond the limit.
   */
  async writeTo(folder: string, maxBytes: number): Promise<void> {
    const paths = this.paths();
    const contents = await this.#files.read(
      paths.filter((path) => this.#files.tree.get(path)?.type !== 'submodule'),
    );
    let total = 0;
    for (const content of contents.values()) total += content.length;
    if (total > maxBytes) {
      throw new AppError('too-large', `what it reads is larger than ${maxBytes} bytes`);
    }
    const made = new Set<string>();
    for (const [path, content] of contents) {
      if (resolvePath('', path) !== path || path.includes('\0')) {
        throw new AppError('invalid', `${JSON.stringify(path)} is not a path of a repository`);
      }
      const target = join(folder, path);
      const parent = dirname(target);
      if (!made.has(parent)) await mkdir(parent, { recursive: true });
      made.add(parent);
      if (this.#files.tree.get(path)?.type === 'symlink')
        await symlink(Buffer.from(content).toString(), target);
      else await writeFile(target, content);
    }
  }
}
