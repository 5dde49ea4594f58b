import type { Tree, TreeEntry } from '../ports.ts';
import type { NamedEntry } from './git-objects.ts';

/** Reads tree objects by id, each as its entries. */
export type LoadTrees = (oids: readonly string[]) => Promise<ReadonlyMap<string, readonly NamedEntry[]>>;

interface Known {
  readonly entries: readonly { readonly name: string; readonly entry: TreeEntry }[];
  usedAt: number;
}

/** How many readings back a tree object must have been part of to be kept. */
const keptReadings = 16;

/**
 * Whole trees of one repository, reading only tree objects that it has not met lately: their ids name their content.
 * What two trees have in common is the same entry, and a folder's entries follow it, in Git's order.
 */
export class TreeReader {
  readonly #known = new Map<string, Known>();
  readonly #whole = new Map<string, Tree>();
  #reading = 0;

  /** Everything below a root tree; the same object again for the same root, as long as it is kept. */
  async read(root: string, load: LoadTrees): Promise<Tree> {
    const whole = this.#whole.get(root);
    if (whole !== undefined) return whole;
    this.#reading += 1;
    for (let level: readonly string[] = [root]; level.length > 0; ) {
      const missing = [...new Set(level)].filter((oid) => !this.#known.has(oid));
      const loaded = missing.length === 0 ? new Map() : await load(missing);
      for (const [oid, entries] of loaded) this.#known.set(oid, { entries: entries.map(unnamed), usedAt: 0 });
      level = level.flatMap((oid) => this.#subtrees(oid));
    }
    const tree = new Map<string, TreeEntry>([['', { type: 'tree', oid: root }]]);
    this.#flatten(root, '', tree);
    this.#keep(root, tree);
    return tree;
  }

  /** Ids of the trees right below one, and notes that it is in use; nothing below one that this reading has seen. */
  #subtrees(oid: string): readonly string[] {
    const known = this.#known.get(oid);
    if (known === undefined || known.usedAt === this.#reading) return [];
    known.usedAt = this.#reading;
    return known.entries.filter(({ entry }) => entry.type === 'tree').map(({ entry }) => entry.oid);
  }

  #flatten(oid: string, prefix: string, into: Map<string, TreeEntry>): void {
    for (const { name, entry } of this.#known.get(oid)?.entries ?? []) {
      into.set(prefix + name, entry);
      if (entry.type === 'tree') this.#flatten(entry.oid, `${prefix}${name}/`, into);
    }
  }

  #keep(root: string, tree: Tree): void {
    this.#whole.set(root, tree);
    for (const oldest of this.#whole.keys()) {
      if (this.#whole.size <= 4) break;
      this.#whole.delete(oldest);
    }
    for (const [oid, known] of this.#known) {
      if (known.usedAt + keptReadings < this.#reading) this.#known.delete(oid);
    }
  }
}

function unnamed({ name, type, oid }: NamedEntry): Known['entries'][number] {
  return { name, entry: { type, oid } };
}
