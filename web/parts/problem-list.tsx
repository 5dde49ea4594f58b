import { formatLocation } from '../../core/problem.ts';
import type { Schemas } from '../api/client.ts';
import { Notice } from './notice.tsx';
import { sentence } from './sentence.ts';

/** Problems of documents: where, what, and what to do. */
export function ProblemList({ problems }: { readonly problems: readonly Schemas['Problem'][] }) {
  return (
    <Notice tone="attention">
      <ul className="plain">
        {problems.map(({ code, message, location, field, remedy }) => (
          <li key={`${location?.file}:${location?.line}:${field}:${code}:${message}`}>
            {location === undefined ? '' : <code className="name">{formatLocation(location)}</code>}{' '}
            {field === undefined ? '' : <code className="name">{field}</code>} {message}
            {remedy === undefined ? '' : <span className="quiet"> {sentence(remedy)}</span>}
          </li>
        ))}
      </ul>
    </Notice>
  );
}
