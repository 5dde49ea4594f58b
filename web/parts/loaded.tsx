import type { ReactNode } from 'react';
import { Moment } from './moment.tsx';
import { Failure, Notice } from './notice.tsx';

interface Read<T> {
  readonly data: T | undefined;
  readonly error: unknown;
  readonly dataUpdatedAt: number;
  refetch(): Promise<unknown>;
}

/** What was read; while nothing was, that it is awaited; where it went stale, since when and why. */
export function Loaded<T>({
  of,
  children,
}: {
  readonly of: Read<T>;
  readonly children: (data: T) => ReactNode;
}) {
  const again = (): void => void of.refetch();
  if (of.data === undefined) {
    return of.error === null ? (
      <p className="quiet waiting">Asking the hub…</p>
    ) : (
      <Failure error={of.error} retry={again} />
    );
  }
  return (
    <>
      {of.error === null ? '' : <Stale error={of.error} since={of.dataUpdatedAt} />}
      {children(of.data)}
    </>
  );
}

function Stale({ error, since }: { readonly error: unknown; readonly since: number }) {
  return (
    <Notice tone="unknown">
      <p>
        This is as of <Moment at={new Date(since).toISOString()} />; it couldn't be read since:{' '}
        {error instanceof Error ? error.message : String(error)}.
      </p>
    </Notice>
  );
}
