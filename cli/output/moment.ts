import { formatAge, formatMoment, isTimeZone, type Viewer } from '../../core/time-text.ts';

/** The person at this terminal: the system's time zone, or `TZ`. */
export function localViewer(): Viewer {
  const timeZone = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const now = new Date().toISOString();
  return isTimeZone(timeZone) ? { now, timeZone } : { now };
}

/** `14:02:11 (9 s ago)`, with the date where it isn't today. */
export function showMoment(moment: string | undefined, viewer: Viewer): string {
  if (moment === undefined) return '';
  const when = formatMoment(moment, viewer);
  const ahead = Date.parse(moment) > Date.parse(viewer.now);
  return ahead
    ? `${when} (in ${formatAge(viewer.now, moment)})`
    : `${when} (${formatAge(moment, viewer.now)} ago)`;
}

/** What the API is asked with, so that times inside its sentences are this person's. */
export function viewerQuery(viewer: Viewer): { readonly timeZone?: string } {
  return viewer.timeZone === undefined ? {} : { timeZone: viewer.timeZone };
}
