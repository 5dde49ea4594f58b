import { formatAge, type Viewer } from '../../core/time-text.ts';
import type { Schemas } from '../client/open-client.ts';
import { heading, type Style } from './style.ts';
import { formatTable } from './table.ts';

type Tree = Schemas['ResourceTree'];
type Node = Schemas['TreeNode'];

/** Objects below each other, what is wrong at the end of its row. */
export function renderTree(tree: Tree, style: Style, viewer: Viewer): string {
  const rows = tree.nodes.flatMap((node) => [rowOf(node, viewer), ...restOf(node)]);
  const sections = [
    rows.length === 0
      ? 'It has no objects on its cluster.'
      : formatTable(['OBJECT', 'HEALTH', 'READY', 'RESTARTS', 'AGE', 'REASON'], rows, style),
    ...(tree.more === 0 ? [] : [`And ${tree.more} more objects of the application, with what they made.`]),
    ...(tree.problems.length === 0
      ? []
      : [[heading(style, 'Not shown'), ...tree.problems.map((text) => `  ${text}`)].join('\n')]),
  ];
  return sections.join('\n\n');
}

function rowOf(node: Node, viewer: Viewer): readonly string[] {
  const { ref, depth, presence, health, ready, restarts, createdAt } = node;
  const state = health?.status ?? (presence === 'live' ? '' : presence === 'missing' ? 'Missing' : 'Unknown');
  const age = createdAt === undefined || createdAt === '' ? '' : formatAge(createdAt, viewer.now);
  const owned = node.ownedBy === undefined ? '' : `has the mark of ${node.ownedBy}`;
  const place = depth === 0 && ref.namespace !== '' ? `${ref.namespace}/` : '';
  return [
    `${indent(depth)}${ref.kind} ${place}${ref.name}`,
    state,
    ready ?? '',
    restarts === undefined ? '' : String(restarts),
    age,
    owned === '' ? (health?.message ?? '') : owned,
  ];
}

/** Lines in a table keep no spaces at their beginning. */
function indent(depth: number): string {
  return depth === 0 ? '' : `${'│ '.repeat(depth - 1)}└ `;
}

function restOf({ depth, more, idle }: Node): readonly (readonly string[])[] {
  const left = [
    ...(more === undefined ? [] : [`and ${more} more`]),
    ...(idle === undefined ? [] : [`and ${idle} old ${idle === 1 ? 'revision' : 'revisions'} (--all)`]),
  ];
  return left.map((text) => [`${indent(depth + 1)}${text}`, '', '', '', '', '']);
}
