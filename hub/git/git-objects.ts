import type { Commit, TreeEntry } from '../ports.ts';

/** One entry of one tree object. */
export interface NamedEntry extends TreeEntry {
  readonly name: string;
}

const types: Readonly<Record<string, TreeEntry['type']>> = {
  '100644': 'blob',
  '100664': 'blob',
  '100755': 'executable',
  '120000': 'symlink',
  '40000': 'tree',
  '040000': 'tree',
  '160000': 'submodule',
};

/** What a mode in a tree means, written as Git or as isomorphic-git does. */
export function parseMode(mode: string): TreeEntry['type'] {
  return types[mode] ?? 'blob';
}

const decoder = new TextDecoder();

/** A tree object's content: `<mode> <name>\0<id>` again and again. `idBytes`: 20 for SHA-1, 32 for SHA-256. */
export function parseTree(content: Uint8Array, idBytes: number): readonly NamedEntry[] {
  const entries: NamedEntry[] = [];
  for (let at = 0; at < content.length; ) {
    const space = content.indexOf(32, at);
    const end = content.indexOf(0, space);
    const id = content.subarray(end + 1, end + 1 + idBytes);
    entries.push({
      type: parseMode(decoder.decode(content.subarray(at, space))),
      name: decoder.decode(content.subarray(space + 1, end)),
      oid: Buffer.from(id.buffer, id.byteOffset, id.byteLength).toString('hex'),
    });
    at = end + 1 + idBytes;
  }
  return entries;
}

/** A commit object's content. */
export function parseCommit(id: string, content: Uint8Array): Commit & { readonly tree: string } {
  const text = decoder.decode(content);
  const end = text.indexOf('\n\n');
  const headers = text.slice(0, end < 0 ? text.length : end).split('\n');
  const field = (name: string): string =>
    headers.find((line) => line.startsWith(`${name} `))?.slice(name.length + 1) ?? '';
  const seconds = Number(/> (-?\d+) [-+]\d+$/.exec(field('committer'))?.[1] ?? 0);
  return {
    id,
    tree: field('tree'),
    author: field('author').replace(/ -?\d+ [-+]\d+$/, ''),
    committedAt: new Date(seconds * 1000).toISOString(),
    subject:
      end < 0
        ? ''
        : (text
            .slice(end + 2)
            .trimStart()
            .split('\n', 1)[0] ?? ''),
  };
}
