import type { HeadChange, HeadEntry } from '../../core/head.ts';
import { canonicalJson, type Json } from '../../core/json.ts';
import { encodeQueryRequest } from '../../core/query.ts';
import type { HubMessage } from '../../core/session.ts';
import type { ConnectResponse } from '../gen/fairlead/session/v1/session.ts';

/** Entries, set and removed together, in one message of a head change. */
const maxHeadEntries = 1000;

/** Bytes of a blob in one message. */
export const maxChunkBytes = 256 * 1024;

/** A blob as it travels: whole, and compressed or not by whoever owns the stream. */
export interface PackedBlob {
  readonly type: 'packed-blob';
  readonly digest: string;
  /** '' for none. Others are refused by the receiver. */
  readonly compression: '' | 'gzip';
  readonly data: Uint8Array;
}

/** What the wire carries towards an agent: the session's messages, with blobs packed. */
export type HubFrame = Exclude<HubMessage, { type: 'blob' }> | PackedBlob;

/** One message of the hub, as one or more of the wire's, to be sent in this order without others in between. */
export function encodeHubMessage(frame: HubFrame): readonly ConnectResponse[] {
  switch (frame.type) {
    case 'head':
      return encodeHead(frame.change);
    case 'packed-blob':
      return encodeBlob(frame);
    default:
      return [{ message: encodeSingle(frame) }];
  }
}

type SingleMessage = Exclude<HubFrame, { type: 'head' | 'packed-blob' }>;

function encodeSingle(message: SingleMessage): ConnectResponse['message'] {
  switch (message.type) {
    case 'welcome':
      return {
        $case: 'welcome',
        value: {
          hubVersion: message.hubVersion,
          protocol: message.protocol,
          epochs: message.epochs.map((epoch) => ({ ...epoch })),
          digestKey: message.digestKey,
          acknowledged: BigInt(message.acknowledged),
        },
      };
    case 'refused':
      return { $case: 'refused', value: { code: message.code, message: message.message } };
    case 'acknowledged':
      return { $case: 'acknowledged', value: { sequence: BigInt(message.sequence) } };
    case 'operation':
      return {
        $case: 'operation',
        value: {
          id: message.id,
          application: message.application,
          requestedBy: message.requestedBy,
          request: new TextEncoder().encode(canonicalJson(message.request as unknown as Json)),
        },
      };
    case 'cancel':
      return { $case: 'cancel', value: { id: message.id } };
    case 'holds': {
      const holds = new TextEncoder().encode(canonicalJson(message.holds as unknown as Json));
      return { $case: 'holds', value: { holds } };
    }
    case 'query': {
      const request = message.request === undefined ? null : encodeQueryRequest(message.request);
      const bytes = new TextEncoder().encode(canonicalJson(request));
      return { $case: 'query', value: { id: message.id, request: bytes } };
    }
    case 'query-more':
      return { $case: 'queryMore', value: { id: message.id, bytes: message.bytes } };
    case 'query-end':
      return { $case: 'queryEnd', value: { id: message.id } };
  }
}

function encodeHead(change: HeadChange): ConnectResponse[] {
  const messages: ConnectResponse[] = [
    {
      message: {
        $case: 'headBegin',
        value: { baseGeneration: BigInt(change.base), generation: BigInt(change.generation) },
      },
    },
  ];
  for (let start = 0; start < change.set.length; start += maxHeadEntries) {
    messages.push(entries(change.set.slice(start, start + maxHeadEntries), []));
  }
  for (let start = 0; start < change.removed.length; start += maxHeadEntries) {
    messages.push(entries([], change.removed.slice(start, start + maxHeadEntries)));
  }
  const count = change.set.length + change.removed.length;
  messages.push({ message: { $case: 'headEnd', value: { count, root: change.root } } });
  return messages;
}

function entries(set: readonly HeadEntry[], removed: readonly string[]): ConnectResponse {
  return { message: { $case: 'headEntries', value: { set: [...set], removed: [...removed] } } };
}

function encodeBlob(blob: PackedBlob): ConnectResponse[] {
  const chunks: ConnectResponse[] = [];
  const { digest, compression } = blob;
  const count = Math.max(1, Math.ceil(blob.data.length / maxChunkBytes));
  for (let index = 0; index < count; index += 1) {
    const data = blob.data.subarray(index * maxChunkBytes, (index + 1) * maxChunkBytes);
    chunks.push({
      message: { $case: 'blob', value: { digest, index, last: index === count - 1, compression, data } },
    });
  }
  return chunks;
}
