import { useCallback, useMemo } from 'react';
import { useSearchParams } from 'wouter';
import { type ApplicationFilter, useApplications } from '../api/queries.ts';
import { ApplicationFilters } from '../parts/application-filters.tsx';
import { ApplicationList } from '../parts/application-list.tsx';
import type { ApplicationItem } from '../parts/application-row.tsx';
import { Command } from '../parts/command.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { useSteady } from '../parts/use-steady.ts';
import { useTitle } from '../parts/use-title.ts';
import { WaitingRows } from '../parts/waiting-rows.tsx';

/** Which ones need me? All that is chosen stands in the address. */
export function ApplicationsPage() {
  useTitle('Applications');
  const [params] = useSearchParams();
  const address = params.toString();
  const filter = useMemo(() => readFilter(new URLSearchParams(address)), [address]);
  const query = useApplications(filter);
  return (
    <>
      <h1>Applications</h1>
      <ApplicationFilters filter={filter} />
      <Loaded of={query}>
        {({ pages }) => <Applications pages={pages} query={query} filter={filter} scope={address} />}
      </Loaded>
    </>
  );
}

interface Props {
  readonly pages: readonly { readonly items: readonly ApplicationItem[]; readonly total: number }[];
  readonly query: ReturnType<typeof useApplications>;
  readonly filter: ApplicationFilter;
  readonly scope: string;
}

function Applications({ pages, query, filter, scope }: Props) {
  const { hasNextPage, isFetching, fetchNextPage, isPlaceholderData } = query;
  const items = useMemo(() => uniqueItems(pages.flatMap((page) => page.items)), [pages]);
  const steady = useSteady(items, keyOf, isPlaceholderData ? undefined : scope);
  const total = pages.at(-1)?.total ?? 0;
  const more = useCallback(() => {
    if (hasNextPage && !isFetching) void fetchNextPage();
  }, [hasNextPage, isFetching, fetchNextPage]);
  const { group } = filter;
  const headingOf = useCallback(
    (item: ApplicationItem) => item[group ?? 'project'] || `no ${group}`,
    [group],
  );
  return (
    <>
      <div className="list-head">
        <span role="status">
          {total} {total === 1 ? 'application' : 'applications'}
        </span>
        <WaitingRows of={steady} noun="application" />
      </div>
      {steady.rows.length === 0 ? (
        <Empty filtered={scope !== ''} />
      ) : (
        <ApplicationList
          rows={steady.rows}
          total={total}
          more={more}
          {...(group === undefined ? {} : { headingOf })}
        />
      )}
    </>
  );
}

function Empty({ filtered }: { readonly filtered: boolean }) {
  if (filtered) {
    return (
      <div className="empty">
        <p>No application matches all of these filters. Clear some, or look in the terminal:</p>
        <Command text="fairlead app list" />
      </div>
    );
  }
  return (
    <div className="empty">
      <p>
        The fleet repository declares no application yet. Commit an <code>Application</code> document, and
        check it first:
      </p>
      <Command text="fairlead validate ." />
    </div>
  );
}

/** While pages are read anew, an application may stand on two of them. */
function uniqueItems(items: readonly ApplicationItem[]): readonly ApplicationItem[] {
  return [...new Map(items.map((item) => [item.application, item])).values()];
}

function keyOf(item: ApplicationItem): string {
  return item.application;
}

const filterFields = [
  'project',
  'environment',
  'cluster',
  'owner',
  'sync',
  'cause',
  'health',
  'tone',
  'drifts',
  'text',
  'group',
] as const;

/** What an address asks for; the hub says what is wrong with a value that it doesn't know. */
function readFilter(params: URLSearchParams): ApplicationFilter {
  const given = filterFields.flatMap((field) => {
    const value = params.get(field);
    return value === null ? [] : [[field, value] as const];
  });
  return { ...Object.fromEntries(given), order: 'worst' };
}
