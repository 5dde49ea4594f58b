import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type AgentSession,
  type AgentSessionEffect,
  type AgentSessionEvent,
  openAgentSession,
} from '../../../agent/session/session.ts';
import { stepAgentSession } from '../../../agent/session/step.ts';
import { type Digest, keyedDigest } from '../../../core/digest.ts';
import { rootDigest } from '../../../core/head.ts';
import type { HubMessage } from '../../../core/session.ts';
import { encodeHubMessage, type HubFrame } from '../../../proto/codec/encode-hub-message.ts';
import { foldHubMessage, noPartialFrames } from '../../../proto/codec/fold-hub-message.ts';

type WireMessage = ReturnType<typeof encodeHubMessage>[number];

const digestKey = new Uint8Array(32).fill(1);

/** Everything that the hub sends for one generation, as it goes over the wire. */
function wireOf(contents: readonly Uint8Array[], generation = 1): readonly WireMessage[] {
  const entries = new Map(
    contents.map((content, index): [string, Digest] => [`apps/a${index}`, keyedDigest(digestKey, content)]),
  );
  const frames: HubFrame[] = [
    {
      type: 'welcome',
      hubVersion: '1',
      protocol: 1,
      epochs: [{ counter: 1, nonce: 'n' }],
      digestKey,
      acknowledged: 0,
    },
    {
      type: 'head',
      change: {
        base: 0,
        generation,
        set: [...entries].map(([application, digest]) => ({ application, digest })),
        removed: [],
        root: rootDigest(entries),
      },
    },
    ...contents.map(
      (data): HubFrame => ({
        type: 'packed-blob',
        digest: keyedDigest(digestKey, data),
        compression: '',
        data,
      }),
    ),
  ];
  return frames.flatMap(encodeHubMessage);
}

/** One agent, and every desired state that it was about to put in force. */
class Receiver {
  #state: AgentSession = openAgentSession({ cluster: 'staging', agentVersion: '1' });
  readonly inForce: Extract<AgentSessionEffect, { type: 'put-in-force' }>[] = [];

  constructor() {
    this.#step({ type: 'started', stored: undefined, present: new Set() });
  }

  /** One connection, which is cut after these messages. */
  receive(messages: readonly WireMessage[]): void {
    this.#step({ type: 'connected' });
    let partial = noPartialFrames;
    for (const message of messages) {
      const folded = foldHubMessage(partial, message);
      partial = folded.partial;
      if (folded.frame !== undefined) this.#step({ type: 'message', message: unpacked(folded.frame) });
    }
    this.#step({ type: 'disconnected', reason: 'cut' });
  }

  #step(event: AgentSessionEvent): void {
    const { state, effects } = stepAgentSession(this.#state, event);
    this.#state = state;
    this.inForce.push(...effects.filter((effect) => effect.type === 'put-in-force'));
  }
}

function unpacked(frame: HubFrame): HubMessage {
  return frame.type === 'packed-blob' ? { type: 'blob', digest: frame.digest, bytes: frame.data } : frame;
}

/** The second is more than one message on the wire. */
const contents = [10, 600_000, 20, 30].map((size, index) => new Uint8Array(size).fill(index + 1));

test('row 11: a stream that is cut after any of its messages brings nothing, and the whole one all', () => {
  const whole = wireOf(contents);
  expect(whole.length).toBeGreaterThan(8);
  for (let count = 0; count < whole.length; count += 1) {
    const receiver = new Receiver();
    receiver.receive(whole.slice(0, count));
    expect(receiver.inForce, `after ${count} of ${whole.length} messages`).toEqual([]);
    receiver.receive(whole);
    expect(receiver.inForce, `after ${count} messages and then all`).toHaveLength(1);
    expect(receiver.inForce[0]?.desired.head.entries.size).toBe(contents.length);
  }
});

test('row 11: whatever messages are lost, what comes into force is whole', () => {
  const whole = wireOf(contents);
  const anyLoss = fc.array(fc.subarray([...whole.keys()], { minLength: 0 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(anyLoss, (connections) => {
      const receiver = new Receiver();
      for (const kept of connections) {
        try {
          receiver.receive(kept.flatMap((index) => whole[index] ?? []));
        } catch {
          // What the protocol doesn't allow ends the connection.
        }
      }
      for (const { desired, blobs } of receiver.inForce) {
        expect(desired.head.entries.size).toBe(contents.length);
        expect(blobs.size).toBe(contents.length);
      }
    }),
    { numRuns: 60 },
  );
});
