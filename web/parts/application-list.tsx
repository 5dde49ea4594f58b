import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState } from 'react';
import { type ApplicationItem, ApplicationRow } from './application-row.tsx';
import type { SteadyRow } from './use-steady.ts';

/** About the height of a row whose sentence takes one line. */
const estimatedRowPx = 50;
const estimatedHeadingPx = 34;
/** Rows kept beyond the window, so that arrows and quick scrolling find them. */
const overscan = 12;
/** The end of what was read is near enough to read on. */
const readAhead = 30;

interface ListProps {
  readonly rows: readonly SteadyRow<ApplicationItem>[];
  /** How many there are in all, read or not. */
  readonly total: number;
  /** The heading that a row stands under; without it the list is flat. */
  readonly headingOf?: (item: ApplicationItem) => string;
  /** Reads on. */
  readonly more: () => void;
}

type Line =
  | { readonly type: 'heading'; readonly text: string }
  | { readonly type: 'row'; readonly row: SteadyRow<ApplicationItem>; readonly position: number };

/** Any number of applications: only those near the window are in the page. */
export function ApplicationList({ rows, total, headingOf, more }: ListProps) {
  const lines = linesOf(rows, headingOf);
  const list = useRef<HTMLUListElement>(null);
  const [top, setTop] = useState(0);
  useEffect(() => setTop(list.current?.offsetTop ?? 0), []);
  const virtual = useWindowVirtualizer({
    count: lines.length,
    estimateSize: (index) => (lines[index]?.type === 'heading' ? estimatedHeadingPx : estimatedRowPx),
    getItemKey: (index) => keyOf(lines[index], index),
    overscan,
    scrollMargin: top,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= lines.length - readAhead) more();
  }, [last, lines.length, more]);
  return (
    <ul ref={list} aria-label="Applications" className="virtual" style={{ height: virtual.getTotalSize() }}>
      {shown.map(({ index, key, start }) => {
        const line = lines[index];
        if (line === undefined) return '';
        const style = { transform: `translateY(${start - virtual.options.scrollMargin}px)` };
        const position = line.type === 'row' ? { 'aria-posinset': line.position, 'aria-setsize': total } : {};
        return (
          <li
            key={key}
            ref={virtual.measureElement}
            className="virtual-line"
            data-index={index}
            style={style}
            {...position}
          >
            {line.type === 'heading' ? (
              <h2 className="name">{line.text}</h2>
            ) : (
              <ApplicationRow item={line.row.item} gone={line.row.gone} />
            )}
          </li>
        );
      })}
    </ul>
  );
}

function linesOf(
  rows: readonly SteadyRow<ApplicationItem>[],
  headingOf: ((item: ApplicationItem) => string) | undefined,
): readonly Line[] {
  let under: string | undefined;
  return rows.flatMap((row, index): readonly Line[] => {
    const line: Line = { type: 'row', row, position: index + 1 };
    const text = headingOf?.(row.item);
    if (text === undefined || text === under) return [line];
    under = text;
    return [{ type: 'heading', text }, line];
  });
}

function keyOf(line: Line | undefined, index: number): string {
  if (line === undefined) return String(index);
  return line.type === 'heading' ? `heading ${line.text}` : line.row.item.application;
}
