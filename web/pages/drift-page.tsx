import { SegmentedControl } from '@mantine/core';
import { useMemo, useState } from 'react';
import { Link, useSearchParams } from 'wouter';
import { displayRef, formatRef } from '../../core/object-ref.ts';
import type { Schemas } from '../api/client.ts';
import { useDrifts } from '../api/queries.ts';
import { Command } from '../parts/command.tsx';
import { DriftCourse } from '../parts/drift-course.tsx';
import { FieldDiff } from '../parts/field-diff.tsx';
import { applicationLink } from '../parts/links.ts';
import { Loaded } from '../parts/loaded.tsx';
import { Moment } from '../parts/moment.tsx';
import { shellWords } from '../parts/shell-words.ts';
import { Toned } from '../parts/tone.tsx';
import { type SteadyRow, useSteady } from '../parts/use-steady.ts';
import { useTitle } from '../parts/use-title.ts';
import { WaitingRows } from '../parts/waiting-rows.tsx';
import { writerText } from '../parts/writer-text.ts';

type Entry = Schemas['DriftEntry'];
type Row = SteadyRow<Entry>;

/** What did hands or other tools change, anywhere? */
export function DriftPage() {
  useTitle('Drift');
  const [params, setParams] = useSearchParams();
  const state = params.get('state') === 'all' ? 'all' : 'open';
  const query = useDrifts(state);
  return (
    <>
      <h1>Drift</h1>
      <SegmentedControl
        size="xs"
        aria-label="Which drifts"
        value={state}
        onChange={(value) => setParams(value === 'all' ? { state: 'all' } : {}, { replace: true })}
        data={[
          { value: 'open', label: 'Open' },
          { value: 'all', label: 'All' },
        ]}
      />
      <Loaded of={query}>
        {({ items }) => <Inbox items={items} scope={query.isPlaceholderData ? undefined : state} />}
      </Loaded>
    </>
  );
}

/** As many as the hub tells at once. */
const maxShown = 200;

function Inbox({ items, scope }: { readonly items: readonly Entry[]; readonly scope: string | undefined }) {
  const steady = useSteady(items, ({ drift }) => drift.id, scope);
  const groups = useMemo(() => groupBy(steady.rows, ({ item }) => writerText(item.drift)), [steady.rows]);
  return (
    <>
      <div className="list-head">
        <span role="status">
          {items.length === maxShown ? `the newest ${maxShown}` : items.length}{' '}
          {items.length === 1 ? 'drift' : 'drifts'}
        </span>
        <WaitingRows of={steady} noun="drift" />
      </div>
      {steady.rows.length === 0 ? <Empty scope={scope} /> : ''}
      {groups.map(([writer, rows]) => (
        <WriterGroup key={writer} writer={writer} rows={rows} />
      ))}
    </>
  );
}

function Empty({ scope }: { readonly scope: string | undefined }) {
  return (
    <div className="empty">
      <p>
        <Toned tone="calm">
          {scope === 'all'
            ? 'Nobody has changed anything by hand yet.'
            : 'Nothing differs from Git by somebody’s hand now.'}
        </Toned>
      </p>
      <p>
        A drift shows here as soon as somebody, or another tool, changes an object that Git declares. In the
        terminal:
      </p>
      <Command text="fairlead drift list --watch" />
    </div>
  );
}

function WriterGroup({ writer, rows }: { readonly writer: string; readonly rows: readonly Row[] }) {
  const objects = groupBy(rows, ({ item }) => `${item.cluster} ${formatRef(item.drift.ref)}`);
  return (
    <section aria-label={`By ${writer}`}>
      <h2>
        by <span className="name">{writer}</span>
        <span className="quiet">
          {rows.length} {rows.length === 1 ? 'drift' : 'drifts'} on {objects.length}{' '}
          {objects.length === 1 ? 'object' : 'objects'}
        </span>
      </h2>
      {objects.map(([object, drifts]) => (
        <ObjectGroup key={object} rows={drifts} />
      ))}
    </section>
  );
}

function ObjectGroup({ rows }: { readonly rows: readonly Row[] }) {
  const [first] = rows;
  if (first === undefined) return '';
  const { cluster, drift } = first.item;
  return (
    <div className="drift-object">
      {/* The sentence of a single one says it. */}
      {rows.length === 1 ? (
        ''
      ) : (
        <h3 className="name">
          {cluster}: {displayRef(drift.ref)}
        </h3>
      )}
      {rows.map(({ item, gone }) => (
        <DriftRow key={item.drift.id} entry={item} gone={gone} />
      ))}
    </div>
  );
}

function DriftRow({ entry, gone }: { readonly entry: Entry; readonly gone: boolean }) {
  const { drift, sentence, state, end, closedAt } = entry;
  const open = state === 'open' && !gone;
  const [isUnfolded, setUnfolded] = useState(false);
  return (
    <details
      className={`drift edge-${open ? 'attention' : 'calm'}`}
      data-gone={gone}
      onToggle={({ currentTarget }) => setUnfolded(currentTarget.open)}
    >
      <summary data-row>
        <Toned tone={open ? 'attention' : 'calm'}>{gone ? 'no longer open' : (end ?? state)}</Toned>
        <span className="sentence">{sentence}</span>
        <Moment at={closedAt ?? drift.observedAt} />
      </summary>
      <p>
        <Link href={applicationLink(drift.application)} className="name">
          {drift.application}
        </Link>
      </p>
      {drift.fields.length === 0 ? '' : <FieldDiff fields={drift.fields} />}
      {isUnfolded ? <DriftCourse id={drift.id} /> : ''}
      <Command text={shellWords('fairlead', 'drift', 'show', drift.id)} />
    </details>
  );
}

/** In the order in which each group's first one stands. */
function groupBy(
  rows: readonly Row[],
  keyOf: (row: Row) => string,
): readonly (readonly [string, readonly Row[]])[] {
  return [...Map.groupBy(rows, keyOf)];
}
