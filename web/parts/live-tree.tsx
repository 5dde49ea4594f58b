import { Button } from '@mantine/core';
import { useState } from 'react';
import { formatRef } from '../../core/object-ref.ts';
import { formatAge } from '../../core/time-text.ts';
import type { TreeNode } from '../api/look.ts';
import { ScrollTable } from './scroll-table.tsx';
import { Toned, toneOfHealth } from './tone.tsx';

/** Rows that a page shows before somebody asks for all of them. */
const firstRows = 200;

interface Props {
  readonly nodes: readonly TreeNode[];
  /** Objects of the application that the agent left out. */
  readonly more: number;
  readonly onOpen: (node: TreeNode) => void;
}

/** Objects below what made them. */
export function LiveTree({ nodes, more, onOpen }: Props) {
  const [showsAll, setShowsAll] = useState(false);
  if (nodes.length === 0) return <p className="quiet">It has no objects on its cluster.</p>;
  const shown = showsAll ? nodes : nodes.slice(0, firstRows);
  return (
    <>
      <ScrollTable label="Objects and what they made">
        <thead>
          <tr>
            <th scope="col">Object</th>
            <th scope="col">Health</th>
            <th scope="col">Ready</th>
            <th scope="col">Restarts</th>
            <th scope="col">Age</th>
            <th scope="col">Reason</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((node) => (
            <NodeRow key={`${node.depth} ${formatRef(node.ref)}`} node={node} onOpen={onOpen} />
          ))}
        </tbody>
      </ScrollTable>
      {shown.length === nodes.length ? (
        ''
      ) : (
        <Button size="compact-sm" variant="default" onClick={() => setShowsAll(true)}>
          Show all {nodes.length}
        </Button>
      )}
      {more === 0 ? '' : <p className="quiet">And {more} more objects of the application.</p>}
    </>
  );
}

function NodeRow({ node, onOpen }: { readonly node: TreeNode; readonly onOpen: (node: TreeNode) => void }) {
  const { ref, depth, presence, health, ready, restarts, createdAt } = node;
  const place = depth === 0 && ref.namespace !== '' ? `${ref.namespace}/` : '';
  return (
    <tr>
      <th scope="row" className={`name live-depth-${Math.min(depth, 6)}`}>
        <button type="button" className="live-open" onClick={() => onOpen(node)}>
          {ref.kind} {place}
          {ref.name}
        </button>
        <Rest node={node} />
      </th>
      <td>
        {health === undefined ? (
          <span className="quiet">{presence === 'live' ? 'none' : presence}</span>
        ) : (
          <Toned tone={toneOfHealth(health.status)}>{health.status}</Toned>
        )}
      </td>
      <td>{ready}</td>
      <td>{restarts}</td>
      <td>{createdAt ? formatAge(createdAt, new Date().toISOString()) : ''}</td>
      <td className="reason">
        {node.ownedBy === undefined ? health?.message : `has the mark of ${node.ownedBy}`}
      </td>
    </tr>
  );
}

function Rest({ node: { more, idle } }: { readonly node: TreeNode }) {
  const left = [
    ...(more === undefined ? [] : [`${more} more below it`]),
    ...(idle === undefined ? [] : [`${idle} old ${idle === 1 ? 'revision' : 'revisions'}`]),
  ];
  return left.length === 0 ? '' : <span className="quiet"> and {left.join(', ')}</span>;
}
