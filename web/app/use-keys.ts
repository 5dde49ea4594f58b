import { useEffect, useRef } from 'react';
import { useLocation } from 'wouter';

/** Keys that lead to pages, after `g`. */
export const goKeys = [
  { key: 'f', path: '/', name: 'Fleet' },
  { key: 'a', path: '/applications', name: 'Applications' },
  { key: 'd', path: '/drift', name: 'Drift' },
  { key: 'c', path: '/clusters', name: 'Clusters' },
] as const;

/** How long `g` waits for its second key. */
const sequenceMs = 1500;

interface Actions {
  readonly search: () => void;
  readonly help: () => void;
}

/** Single keys act where nobody types. */
export function useKeys({ search, help }: Actions): void {
  const [, navigate] = useLocation();
  const goneAt = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    function onKey(event: KeyboardEvent): void {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target) || isCovered()) return;
      const going = event.timeStamp - goneAt.current < sequenceMs;
      goneAt.current = event.key === 'g' ? event.timeStamp : Number.NEGATIVE_INFINITY;
      const page = going ? goKeys.find(({ key }) => key === event.key) : undefined;
      if (page !== undefined) navigate(page.path);
      if (page !== undefined || act(event.key, { search, help })) event.preventDefault();
    }
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [navigate, search, help]);
}

/** Whether the key meant something here. */
function act(key: string, { search, help }: Actions): boolean {
  switch (key) {
    case '/':
      search();
      return true;
    case '?':
      help();
      return true;
    case 'ArrowDown':
      return moveRow(1);
    case 'ArrowUp':
      return moveRow(-1);
    default:
      return false;
  }
}

/** Moves the focus among the rows of the page's lists; `false` where it has none. */
function moveRow(step: 1 | -1): boolean {
  const rows = [...document.querySelectorAll<HTMLElement>('main [data-row]')];
  if (rows.length === 0) return false;
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  const next = here < 0 ? rows[0] : rows[here + step];
  if (next === undefined) return true;
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: 'nearest' });
  return true;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest('input, select, textarea, [contenteditable]') !== null
  );
}

function isCovered(): boolean {
  return document.querySelector('[role="dialog"]') !== null;
}
