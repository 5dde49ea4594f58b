import { stringAt } from '../../core/json.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { shorten, type Trouble } from './container-trouble.ts';

/** Warnings that name a cause, and how they are told. */
const eventWords: ReadonlyMap<string, (words: string) => string> = new Map([
  ['FailedCreate', (words: string) => `its pods are refused: ${words}`],
  ['Failed', (words: string) => words],
  ['Unhealthy', (words: string) => `a probe fails: ${words}`],
  ['FailedMount', (words: string) => `a volume can't be mounted: ${words}`],
  ['FailedAttachVolume', (words: string) => `a volume can't be attached: ${words}`],
  ['FailedCreatePodSandBox', (words: string) => `its pod can't be set up: ${words}`],
  ['FailedScheduling', (words: string) => `no node takes the pod: ${words}`],
  ['ProvisioningFailed', (words: string) => `a volume can't be made: ${words}`],
]);

/**
 * What the newest warning about the subject says; nothing where a later event says that it was got over. Events come in
 * no order.
 */
export function readEvents(events: readonly KubeObject[]): Trouble | undefined {
  const newestFirst = [...events].sort((left, right) => (eventTime(left) < eventTime(right) ? 1 : -1));
  for (const event of newestFirst) {
    const reason = stringAt(event, 'reason') ?? '';
    if (reason === 'SuccessfulCreate') return undefined;
    const tell = eventWords.get(reason);
    if (tell === undefined || stringAt(event, 'type') !== 'Warning') continue;
    const words = shorten(stringAt(event, 'message') ?? '');
    // `Failed` comes without its cause too, right after the one that has it.
    if (/^Error: \w+$/.test(words)) continue;
    return { reason, severity: reason === 'Unhealthy' ? 'waiting' : 'failing', message: tell(words) };
  }
  return undefined;
}

function eventTime(event: KubeObject): string {
  return (
    stringAt(event, 'series', 'lastObservedTime') ??
    stringAt(event, 'lastTimestamp') ??
    stringAt(event, 'eventTime') ??
    event.metadata.creationTimestamp ??
    ''
  );
}
