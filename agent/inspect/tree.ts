import type { ResourceTree } from '../../core/live-view.ts';
import type { QueryRequest } from '../../core/query.ts';
import { buildTree } from '../plan/resource-tree.ts';
import { gatherDescent, rootsOf } from './gather-descent.ts';
import type { Inquiry } from './inquiry.ts';

const maxNodes = 1_000;
const maxChildren = 100;

/** What the application's objects are and made. */
export async function answerTree(
  { application, kinds }: Extract<QueryRequest, { type: 'tree' }>,
  inquiry: Inquiry,
): Promise<void> {
  const roots = rootsOf(inquiry, application);
  const { descent, problems } = await gatherDescent(inquiry, roots, kinds);
  const idle = kinds === 'all' ? 'shown' : 'counted';
  const { nodes, more } = buildTree(descent, { nodes: maxNodes, childrenOfOne: maxChildren, idle });
  const tree: ResourceTree = { application, nodes, more, problems, at: inquiry.clock.now().toISOString() };
  await inquiry.writer.finish(tree);
}
