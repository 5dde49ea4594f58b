import { AppError } from '../../core/error.ts';
import type { HeadEntry } from '../../core/head.ts';
import type { Hold } from '../../core/hold.ts';
import { isJsonObject, type Json, parseJson, stringAt } from '../../core/json.ts';
import type { OperationRequest } from '../../core/operation.ts';
import { parseQueryRequest } from '../../core/query.ts';
import type {
  BlobChunk,
  ConnectResponse,
  HeadBegin,
  HeadEnd,
  HeadEntries,
  Operation,
  Query,
  Welcome,
} from '../gen/fairlead/session/v1/session.ts';
import type { HubFrame } from './encode-hub-message.ts';
import { readWireNumber } from './wire-number.ts';

/** What has come of a head or of a blob that isn't complete yet. */
export interface PartialFrames {
  readonly head?: {
    readonly base: number;
    readonly generation: number;
    readonly set: readonly (readonly HeadEntry[])[];
    readonly removed: readonly (readonly string[])[];
  };
  readonly blob?: {
    readonly digest: string;
    readonly compression: string;
    readonly chunks: readonly Uint8Array[];
    readonly bytes: number;
  };
}

export interface FoldedFrame {
  readonly partial: PartialFrames;
  /** Absent while a head or a blob is incomplete, and for messages that only a newer hub knows. */
  readonly frame?: HubFrame;
}

/** Before the first message. */
export const noPartialFrames: PartialFrames = {};

/** The largest blob, packed; a stream that goes beyond is broken or hostile. */
export const maxBlobBytes = 64 * 1024 * 1024;

/**
 * Takes the wire's next message. Throws AppError `invalid` for what the protocol doesn't allow: the stream can't be
 * trusted after that and has to be closed.
 */
export function foldHubMessage(partial: PartialFrames, response: ConnectResponse): FoldedFrame {
  const { message } = response;
  if (message === undefined) return { partial };
  switch (message.$case) {
    case 'headBegin':
      return foldHeadBegin(partial, message.value);
    case 'headEntries':
      return foldHeadEntries(partial, message.value);
    case 'headEnd':
      return foldHeadEnd(partial, message.value);
    case 'blob':
      return foldChunk(partial, message.value);
    case 'welcome':
      return { partial, frame: decodeWelcome(message.value) };
    case 'refused':
      return {
        partial,
        frame: { type: 'refused', code: message.value.code, message: message.value.message },
      };
    case 'acknowledged': {
      const sequence = readWireNumber(message.value.sequence, 'a report number');
      return { partial, frame: { type: 'acknowledged', sequence } };
    }
    case 'operation': {
      const frame = decodeOperation(message.value);
      return frame === undefined ? { partial } : { partial, frame };
    }
    case 'cancel':
      return { partial, frame: { type: 'cancel', id: message.value.id } };
    case 'holds':
      return { partial, frame: { type: 'holds', holds: decodeHolds(message.value.holds) } };
    case 'query':
      return { partial, frame: decodeQuery(message.value) };
    case 'queryMore':
      return { partial, frame: { type: 'query-more', id: message.value.id, bytes: message.value.bytes } };
    case 'queryEnd':
      return { partial, frame: { type: 'query-end', id: message.value.id } };
  }
}

function foldHeadBegin(partial: PartialFrames, begin: HeadBegin): FoldedFrame {
  if (partial.head !== undefined) throw broken('a head began before the last one ended');
  const base = readWireNumber(begin.baseGeneration, 'generation');
  const generation = readWireNumber(begin.generation, 'generation');
  return { partial: { ...partial, head: { base, generation, set: [], removed: [] } } };
}

function foldHeadEntries(partial: PartialFrames, entries: HeadEntries): FoldedFrame {
  const { head } = partial;
  if (head === undefined) throw broken('entries came without the beginning of a head');
  const set = [...head.set, entries.set];
  const removed = [...head.removed, entries.removed];
  return { partial: { ...partial, head: { ...head, set, removed } } };
}

function foldHeadEnd(partial: PartialFrames, end: HeadEnd): FoldedFrame {
  const { head, ...rest } = partial;
  if (head === undefined) throw broken('a head ended that never began');
  const set = head.set.flat();
  const removed = head.removed.flat();
  if (set.length + removed.length !== end.count) {
    throw broken(`a head of ${end.count} entries came with ${set.length + removed.length}`);
  }
  const { base, generation } = head;
  return {
    partial: rest,
    frame: { type: 'head', change: { base, generation, set, removed, root: end.root } },
  };
}

function foldChunk(partial: PartialFrames, chunk: BlobChunk): FoldedFrame {
  const { blob, ...rest } = partial;
  if (chunk.index !== (blob?.chunks.length ?? 0)) throw broken(`chunk ${chunk.index} came out of order`);
  if (blob !== undefined && blob.digest !== chunk.digest) throw broken('two blobs came mixed');
  const compression = blob?.compression ?? chunk.compression;
  const chunks = [...(blob?.chunks ?? []), chunk.data];
  const bytes = (blob?.bytes ?? 0) + chunk.data.length;
  if (bytes > maxBlobBytes) throw broken(`a blob is larger than ${maxBlobBytes} bytes`);
  if (!chunk.last)
    return { partial: { ...rest, blob: { digest: chunk.digest, compression, chunks, bytes } } };
  if (compression !== '' && compression !== 'gzip') throw broken(`a blob is compressed by ${compression}`);
  return {
    partial: rest,
    frame: { type: 'packed-blob', digest: chunk.digest, compression, data: join(chunks, bytes) },
  };
}

function join(chunks: readonly Uint8Array[], bytes: number): Uint8Array {
  const [only] = chunks;
  if (only !== undefined && chunks.length === 1) return only;
  const joined = new Uint8Array(bytes);
  let offset = 0;
  for (const chunk of chunks) {
    joined.set(chunk, offset);
    offset += chunk.length;
  }
  return joined;
}

function decodeWelcome(welcome: Welcome): HubFrame {
  if (welcome.epochs.length === 0 || welcome.digestKey.length !== 32) {
    throw broken('the welcome has no epoch or no key of 32 bytes');
  }
  return {
    type: 'welcome',
    hubVersion: welcome.hubVersion,
    protocol: welcome.protocol,
    epochs: welcome.epochs,
    digestKey: welcome.digestKey.slice(),
    acknowledged: readWireNumber(welcome.acknowledged, 'a report number'),
  };
}

/** `undefined` for a request that only a newer hub knows. */
function decodeOperation(operation: Operation): HubFrame | undefined {
  const request = parseRequest(operation);
  if (!isJsonObject(request) || operation.id === '') throw broken(`operation ${operation.id} has no request`);
  const type = request['type'];
  const isKnown = type === 'sync' || type === 'diff' || type === 'confirm-prune';
  if (!isKnown) return undefined;
  const { id, application, requestedBy } = operation;
  return { type: 'operation', id, application, requestedBy, request: request as unknown as OperationRequest };
}

function decodeQuery({ id, request: bytes }: Query): HubFrame {
  const request = parseQueryRequest(parseBytes(bytes, `query ${id}`));
  return { type: 'query', id, ...(request === undefined ? {} : { request }) };
}

function decodeHolds(bytes: Uint8Array): readonly Hold[] {
  const holds = parseBytes(bytes, 'the list of holds');
  const isHold = (each: Json): boolean =>
    ['id', 'cluster', 'reason', 'heldBy', 'since', 'until'].every(
      (name) => stringAt(each, name) !== undefined,
    );
  if (!Array.isArray(holds) || !holds.every(isHold)) throw broken('the list of holds holds something else');
  return holds as unknown as readonly Hold[];
}

function parseRequest(operation: Operation): Json {
  return parseBytes(operation.request, `operation ${operation.id}`);
}

function parseBytes(bytes: Uint8Array, what: string): Json {
  try {
    return parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw new AppError('invalid', `${what} isn't JSON`, { cause: error });
  }
}

function broken(what: string): AppError {
  return new AppError('invalid', `the hub's stream is broken: ${what}`);
}
