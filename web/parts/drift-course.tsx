import { useDrift } from '../api/queries.ts';
import { Loaded } from './loaded.tsx';
import { Moment } from './moment.tsx';

/** How a drift went on: what each of its events changed, and what ended it. */
export function DriftCourse({ id }: { readonly id: string }) {
  return (
    <Loaded of={useDrift(id)}>
      {({ events = [] }) => (
        <ol aria-label="Course" className="course">
          {events.map((event, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: events are only ever added at the end
            <li key={index}>
              <Moment at={event.at} /> <span className="name">{event.sentence}</span>
            </li>
          ))}
        </ol>
      )}
    </Loaded>
  );
}
