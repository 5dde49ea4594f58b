import { describeCause } from '../../core/describe-cause.ts';
import { describePart } from '../../core/describe-preview.ts';
import { isHidden } from '../../core/describe-values.ts';
import type { DiffField } from '../../core/operation.ts';
import type { Schemas } from '../api/client.ts';
import { Moment } from './moment.tsx';
import { valueText } from './value-text.ts';
import { writerText } from './writer-text.ts';

type Field = Omit<Schemas['DriftField'], 'desired' | 'live'> & {
  readonly desired?: unknown;
  readonly live?: unknown;
  readonly part?: DiffField['part'];
};

/** What Git says and what the cluster has, side by side, field by field. */
export function FieldDiff({ fields }: { readonly fields: readonly Field[] }) {
  return (
    <table className="field-diff">
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Git says</th>
          <th scope="col">The cluster has</th>
        </tr>
      </thead>
      <tbody>
        {fields.map((field) => (
          <tr key={field.path}>
            <th scope="row">
              <code className="name">{field.path}</code>
              <span className="quiet">
                {' '}
                by <span className="name">{writerText(field)}</span>
                {field.writtenAt === undefined ? (
                  ''
                ) : (
                  <>
                    , <Moment at={field.writtenAt} />
                  </>
                )}
                {causeText(field)}
              </span>
            </th>
            <Side side="git" value={field.desired} hidden={isHidden(field.desired) || isHidden(field.live)} />
            <Side side="live" value={field.live} hidden={isHidden(field.desired) || isHidden(field.live)} />
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function causeText({ cause, part }: Field): string {
  const text = describePart({ ...(part === undefined ? {} : { part }) }) ?? describeCause(cause);
  return text === undefined ? '' : `; ${text}`;
}

interface SideProps {
  readonly side: 'git' | 'live';
  readonly value: unknown;
  /** It is of a Secret. */
  readonly hidden: boolean;
}

function Side({ side, value, hidden }: SideProps) {
  const absent = side === 'git' ? 'Git says nothing' : 'not there';
  return (
    <td className={`side-${side}`} data-label={side === 'git' ? 'Git says' : 'The cluster has'}>
      {value === undefined ? (
        <span className="quiet">{absent}</span>
      ) : hidden ? (
        <span className="quiet">hidden, as this is a Secret; the values differ</span>
      ) : (
        <pre className="name">{valueText(value)}</pre>
      )}
    </td>
  );
}
