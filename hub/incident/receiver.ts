import type { ReceiverTarget } from '../catalog/documents.ts';
import type { Message } from './message.ts';

/** How a try to send ended. `why` has no secret in it. */
export type SendResult =
  | { readonly type: 'delivered' }
  /** May go through later; `afterMs` where the receiver said when. */
  | { readonly type: 'retry'; readonly why: string; readonly afterMs?: number }
  /** The same again fails again, until somebody changes something. */
  | { readonly type: 'rejected'; readonly why: string };

export interface Receiver {
  /** Sends one message. Never throws: whatever goes wrong is a result. */
  send(message: Message, signal: AbortSignal): Promise<SendResult>;
  /** How often a firing message must be sent again for it to go on to fire, ms; absent: once is enough. */
  readonly repeatEveryMs?: number;
}

/** Makes what a Notification's receiver sends by. It reads secrets at each message, so that they may be replaced. */
export type OpenReceiver = (target: ReceiverTarget) => Receiver;
