import type { ReactNode } from 'react';
import { displayRef } from '../../core/object-ref.ts';
import type { Schemas } from '../api/client.ts';
import { FieldDiff } from './field-diff.tsx';
import { ToneIcon } from './tone.tsx';

interface Change {
  readonly ref: Schemas['ObjectRef'];
  readonly kind: Schemas['Drift']['kind'];
  readonly fields: Parameters<typeof FieldDiff>[0]['fields'];
  readonly verdict?: Schemas['Drift']['verdict'];
  readonly obstacle?: string;
}

const kindWords = {
  missing: 'missing in the cluster',
  changed: 'changed',
  extra: 'no longer in Git',
  unowned: 'carries another owner, or none',
} as const;

/** An object that differs, with its fields. What stands in it is open: the reader came for it. */
export function ObjectChange({
  change,
  children,
}: {
  readonly change: Change;
  readonly children?: ReactNode;
}) {
  const { ref, kind, fields } = change;
  return (
    <details open className="object-change">
      <summary>
        <ToneIcon tone={kind === 'missing' ? 'broken' : 'attention'} />
        <b className="name">{displayRef(ref)}</b>{' '}
        <span className="quiet">
          {kindWords[kind]}
          {change.verdict === 'approximate' ? ', approximate: the agent may not ask for a dry-run' : ''}
        </span>
      </summary>
      {change.obstacle === undefined ? '' : <p>{change.obstacle}</p>}
      {children}
      {fields.length === 0 ? '' : <FieldDiff fields={fields} />}
    </details>
  );
}
