import type { ReactNode } from 'react';

/** A table that may be wider than the window: it scrolls by itself, also by keys. */
export function ScrollTable({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keys.
    <section className="scroll" aria-label={label} tabIndex={0}>
      <table className="data">{children}</table>
    </section>
  );
}
