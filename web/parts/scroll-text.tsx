import type { ReactNode } from 'react';

/** Text of a cluster, as it is, that scrolls by itself, also by keys. */
export function ScrollText({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
    <section className="live-text" aria-label={label} tabIndex={0}>
      <pre>{children}</pre>
    </section>
  );
}
