import { formatAge, formatMoment } from '../../core/time-text.ts';
import { timeZone } from '../api/client.ts';

/** A moment by the reader's clock; how long ago it was is its tooltip. */
export function Moment({ at }: { readonly at: string }) {
  return (
    <time dateTime={at} title={distance(at)}>
      {momentText(at)}
    </time>
  );
}

function momentText(at: string): string {
  return formatMoment(at, { now: new Date().toISOString(), timeZone });
}

/** `3 min ago`, `in 2 h`. */
function distance(at: string): string {
  const now = new Date().toISOString();
  return Date.parse(at) > Date.parse(now) ? `in ${formatAge(now, at)}` : `${formatAge(at, now)} ago`;
}
