import type { Schemas } from '../client/open-client.ts';
import { localViewer, showMoment } from '../output/moment.ts';
import { type Check, ok, warn } from './check.ts';

/** Receivers that can't be told. Missing secrets are among the documents' problems already. */
export function checkNotifications(notifications: readonly Schemas['Notification'][]): readonly Check[] {
  if (notifications.length === 0) return [];
  const receivers = notifications.flatMap(({ name, receivers: all }) =>
    all.map((receiver) => ({ ...receiver, place: `${name}/${receiver.name}` })),
  );
  const failing = receivers.filter(({ lastError }) => lastError !== undefined);
  const good = receivers.length - failing.length;
  return [
    ...(good > 0 ? [ok('notifications', `${good} of ${receivers.length} receivers without a failure`)] : []),
    ...failing.map(({ place, lastError = '', pending, nextAttemptAt }) => {
      const waiting = pending === 0 ? '' : `; ${pending} to be told`;
      const next =
        nextAttemptAt === undefined ? '' : `, next try ${showMoment(nextAttemptAt, localViewer())}`;
      const [notification = ''] = place.split('/');
      return warn(
        `receiver ${place}`,
        `${lastError}${waiting}${next}`,
        `Put it right, then \`fairlead notification test ${notification}\``,
      );
    }),
  ];
}
