import { Button } from '@mantine/core';
import type { Steady } from './use-steady.ts';

/** Announces rows that would move what one reads, and shows them on request. It keeps its place, so nothing jumps. */
export function WaitingRows({ of, noun }: { readonly of: Steady<unknown>; readonly noun: string }) {
  const { added, moved, gone } = of.waiting;
  const parts = [
    ...(added === 0 ? [] : [`${added} new ${noun}${added === 1 ? '' : 's'}`]),
    ...(gone === 0 ? [] : [`${gone} no longer in this list`]),
    ...(added + gone > 0 || moved === 0 ? [] : ['the order has changed']),
  ];
  return (
    <div className="waiting-rows" role="status">
      {parts.length === 0 ? (
        ''
      ) : (
        <Button size="compact-sm" variant="light" onClick={of.accept}>
          {parts.join(', ')}: show
        </Button>
      )}
    </div>
  );
}
