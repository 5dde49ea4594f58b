import { SegmentedControl } from '@mantine/core';
import { useState } from 'react';
import { formatRef } from '../../core/object-ref.ts';
import type { Schemas } from '../api/client.ts';
import { ScrollTable } from './scroll-table.tsx';
import { Toned, toneOfHealth, toneOfSync, tones } from './tone.tsx';

type ObjectStatus = Schemas['ObjectStatus'];

interface Props {
  readonly objects: readonly ObjectStatus[];
  /** The application's own, which isn't repeated. */
  readonly namespace: string;
}

/** What the application consists of, the worst first, as a table or by kind. */
export function ObjectsSection({ objects, namespace }: Props) {
  const [view, setView] = useState<'table' | 'tree'>('table');
  const sorted = objects.toSorted((left, right) => rank(left) - rank(right));
  return (
    <section aria-labelledby="objects">
      <h2 id="objects">
        Objects <span className="quiet">{objects.length}</span>
      </h2>
      {objects.length === 0 ? (
        <p className="quiet">Its agent has reported no object yet.</p>
      ) : (
        <>
          <SegmentedControl
            size="xs"
            aria-label="Show objects as"
            value={view}
            onChange={(value) => setView(value === 'tree' ? 'tree' : 'table')}
            data={[
              { value: 'table', label: 'Table' },
              { value: 'tree', label: 'Tree' },
            ]}
          />
          {view === 'table' ? (
            <ObjectTable objects={sorted} namespace={namespace} />
          ) : (
            <ObjectTree objects={sorted} />
          )}
        </>
      )}
    </section>
  );
}

function ObjectTable({ objects, namespace }: Props) {
  return (
    <ScrollTable label="Objects">
      <thead>
        <tr>
          <th scope="col">Kind</th>
          <th scope="col">Name</th>
          <th scope="col">Sync</th>
          <th scope="col">Health</th>
          <th scope="col">Reason</th>
        </tr>
      </thead>
      <tbody>
        {objects.map(({ ref, sync, health, verdict }) => (
          <tr key={formatRef(ref)}>
            <td className="name" title={ref.group}>
              {ref.kind}
            </td>
            <th scope="row" className="name">
              {ref.namespace === '' || ref.namespace === namespace ? '' : `${ref.namespace}/`}
              {ref.name}
            </th>
            <td>
              <Toned tone={toneOfSync({ sync })}>{sync}</Toned>
              {verdict === undefined ? '' : <span className="quiet"> {verdict}</span>}
            </td>
            <td>
              {health === undefined ? (
                <span className="quiet">none</span>
              ) : (
                <Toned tone={toneOfHealth(health.status)}>{health.status}</Toned>
              )}
            </td>
            <td className="reason">{health?.message}</td>
          </tr>
        ))}
      </tbody>
    </ScrollTable>
  );
}

/** Namespaces, in them kinds, in them objects; what isn't well stands open. */
function ObjectTree({ objects }: { readonly objects: readonly ObjectStatus[] }) {
  const namespaces = Map.groupBy(objects, ({ ref }) => ref.namespace);
  return (
    <ul className="tree">
      {[...namespaces].map(([namespace, inside]) => (
        <li key={namespace}>
          <details open>
            <summary className="name">{namespace === '' ? 'cluster-wide' : namespace}</summary>
            <ul>
              {[
                ...Map.groupBy(inside, ({ ref }) => `${ref.kind}${ref.group === '' ? '' : `.${ref.group}`}`),
              ].map(([kind, members]) => (
                <KindNode key={kind} kind={kind} objects={members} />
              ))}
            </ul>
          </details>
        </li>
      ))}
    </ul>
  );
}

function KindNode({ kind, objects }: { readonly kind: string; readonly objects: readonly ObjectStatus[] }) {
  const worst = objects[0];
  return (
    <li>
      <details open={worst !== undefined && toneOf(worst) !== 'calm'}>
        <summary>
          <span className="name">{kind}</span> <span className="quiet">{objects.length}</span>
        </summary>
        <ul>
          {objects.map((object) => (
            <li key={formatRef(object.ref)} className="leaf">
              <Toned tone={toneOf(object)}>
                <span className="name">{object.ref.name}</span>
              </Toned>
              <span className="quiet">
                {object.sync}
                {object.health === undefined ? '' : `, ${object.health.status}`}
                {object.health?.message ? `: ${object.health.message}` : ''}
              </span>
            </li>
          ))}
        </ul>
      </details>
    </li>
  );
}

/** The worse of sync and health. */
function toneOf({ sync, health }: ObjectStatus) {
  const own = [toneOfSync({ sync }), ...(health === undefined ? [] : [toneOfHealth(health.status)])];
  return tones.find((tone) => own.includes(tone)) ?? 'calm';
}

function rank(object: ObjectStatus): number {
  return tones.indexOf(toneOf(object));
}
