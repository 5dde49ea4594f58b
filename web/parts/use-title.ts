import { useEffect } from 'react';

/** What the tab and the history call this page. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Fairlead`;
  }, [title]);
}
