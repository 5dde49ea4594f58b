/** Times as people read them. Nothing here asks for the time: `now` is always given. */

/** How long before `now` a moment was, in one unit: `5 s`, `3 min`, `2 h`, `4 d`. A moment ahead of `now` counts as `0 s`. */
export function formatAge(moment: string, now: string): string {
  const seconds = Math.max(0, Math.floor((Date.parse(now) - Date.parse(moment)) / 1000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
}

/** Where a reader is: times are written for that zone. Without a zone they are UTC and say so. */
export interface Viewer {
  /** ISO 8601. */
  readonly now: string;
  /** An IANA name such as `Europe/Berlin`. */
  readonly timeZone?: string;
}

/** The time of day of a moment, `14:02:11`, with its date where that isn't the viewer's today. */
export function formatMoment(moment: string, viewer: Viewer): string {
  const zone = viewer.timeZone ?? 'UTC';
  const [date, time] = localParts(moment, zone);
  const [today] = localParts(viewer.now, zone);
  const suffix = viewer.timeZone === undefined ? ' UTC' : '';
  return date === today ? `${time}${suffix}` : `${date} ${time}${suffix}`;
}

/** Whether a name is a time zone that this system knows. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** Date and time of day in a zone; Sweden writes both as ISO 8601 does. */
function localParts(moment: string, timeZone: string): readonly [string, string] {
  let format = formats.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'medium' });
    formats.set(timeZone, format);
  }
  const milliseconds = Date.parse(moment);
  if (Number.isNaN(milliseconds)) return [moment, 'unknown time'];
  const [date = '', time = ''] = format.format(milliseconds).split(' ');
  return [date, time];
}
