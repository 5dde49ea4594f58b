import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AppError } from '../../../core/error.ts';
import { parseJson } from '../../../core/json.ts';
import type { OperationRequest } from '../../../core/operation.ts';
import type { QueryRequest } from '../../../core/query.ts';
import type { AgentMessage, Report } from '../../../core/session.ts';
import { decodeAgentMessage, encodeAgentMessage } from '../../../proto/codec/agent-message.ts';
import { encodeHubMessage, type HubFrame, maxChunkBytes } from '../../../proto/codec/encode-hub-message.ts';
import { foldHubMessage, noPartialFrames } from '../../../proto/codec/fold-hub-message.ts';
import { ConnectRequest, ConnectResponse } from '../../../proto/gen/fairlead/session/v1/session.ts';

const counter = fc.nat({ max: Number.MAX_SAFE_INTEGER });
const text = fc.string({ unit: 'grapheme' });
const name = fc.string({ minLength: 1 });
/** As JSON is once it was read: long integers are bigints, -0 is 0. */
const json = fc.jsonValue().map((value) => parseJson(JSON.stringify(value)));
const epoch = fc.record({ counter: fc.nat(), nonce: text });

const report: fc.Arbitrary<Report> = fc.oneof(
  fc
    .record({ application: text, note: json })
    .map((status) => ({ type: 'application', status }) as unknown as Report),
  fc
    .record({ drift: fc.record({ id: text }), at: text })
    .map((event) => ({ type: 'drift', event }) as unknown as Report),
  fc
    .record({ id: text, message: text, big: fc.bigInt({ min: 2n ** 60n, max: 2n ** 63n }) })
    .map((result) => ({ type: 'operation', result }) as unknown as Report),
  fc
    .record({ capabilities: fc.record({ kubernetesVersion: text }) })
    .map((status) => ({ type: 'cluster', status }) as unknown as Report),
);

const agentMessage: fc.Arbitrary<AgentMessage> = fc.oneof(
  fc.record({
    type: fc.constant('hello' as const),
    agentVersion: text,
    protocol: fc.constant({ min: 1, max: 3 }),
    cluster: name,
    epoch,
    generation: counter,
    root: name,
  }),
  fc.record({ type: fc.constant('want' as const), digests: fc.array(text) }),
  fc.constant({ type: 'want-head' } as const),
  fc.record({ type: fc.constant('in-force' as const), generation: counter, root: text }),
  fc.record({
    type: fc.constant('report' as const),
    reports: fc.array(fc.record({ sequence: counter, report })),
  }),
  fc.record({
    type: fc.constant('answer' as const),
    id: text,
    part: fc.oneof(
      fc.record({ type: fc.constant('chunk' as const), bytes: fc.uint8Array() }),
      fc.constant({ type: 'end' as const }),
      fc.record({
        type: fc.constant('error' as const),
        failure: fc.record(
          {
            code: fc.constantFrom('denied' as const, 'not-found' as const),
            message: text,
            subject: name,
            remedy: name,
          },
          { requiredKeys: ['code', 'message'] },
        ),
      }),
    ),
  }),
);

const object = fc.constantFrom(
  { group: '', kind: 'Pod', namespace: 'shop', name: 'web-1' },
  { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' },
  { group: '', kind: 'Namespace', namespace: '', name: 'shop' },
);

const query: fc.Arbitrary<QueryRequest> = fc.oneof(
  fc.record({
    type: fc.constant('tree' as const),
    application: text,
    kinds: fc.constantFrom('known' as const, 'all' as const),
  }),
  fc.record({
    type: fc.constant('live' as const),
    application: text,
    object,
    form: fc.constantFrom('short' as const, 'full' as const),
  }),
  fc.record(
    { type: fc.constant('events' as const), application: text, object },
    { requiredKeys: ['type', 'application'] },
  ),
  fc.record(
    {
      type: fc.constant('logs' as const),
      application: text,
      object,
      container: text,
      mode: fc.constantFrom('now' as const, 'follow' as const, 'previous' as const),
      tailLines: fc.nat(),
      sinceSeconds: fc.nat(),
    },
    { requiredKeys: ['type', 'application', 'mode'] },
  ),
);

const frame: fc.Arbitrary<HubFrame> = fc.oneof(
  fc.record({
    type: fc.constant('welcome' as const),
    hubVersion: text,
    protocol: fc.nat({ max: 9 }),
    epochs: fc.array(epoch, { minLength: 1 }),
    digestKey: fc.uint8Array({ minLength: 32, maxLength: 32 }),
    acknowledged: counter,
  }),
  fc.record({ type: fc.constant('refused' as const), code: text, message: text }),
  fc.record({
    type: fc.constant('head' as const),
    change: fc.record({
      base: counter,
      generation: counter,
      set: fc.array(fc.record({ application: text, digest: text }), { size: 'large', maxLength: 2500 }),
      removed: fc.array(text),
      root: text,
    }),
  }),
  fc.record({
    type: fc.constant('packed-blob' as const),
    digest: text,
    compression: fc.constantFrom('' as const, 'gzip' as const),
    data: fc.uint8Array(),
  }),
  fc.record({ type: fc.constant('acknowledged' as const), sequence: counter }),
  fc.record({
    type: fc.constant('operation' as const),
    id: name,
    application: text,
    request: fc.constantFrom<OperationRequest>(
      { type: 'sync' },
      { type: 'diff' },
      { type: 'confirm-prune', id: 'abc' },
    ),
    requestedBy: text,
  }),
  fc.record({ type: fc.constant('cancel' as const), id: text }),
  fc.record({ type: fc.constant('query' as const), id: text, request: query }),
  fc.record({ type: fc.constant('query-more' as const), id: text, bytes: fc.nat() }),
  fc.record({ type: fc.constant('query-end' as const), id: text }),
);

/** Over the wire's bytes and back; what came, in order. */
function travel(frames: readonly HubFrame[]): readonly HubFrame[] {
  let partial = noPartialFrames;
  const arrived: HubFrame[] = [];
  for (const response of frames.flatMap(encodeHubMessage)) {
    const folded = foldHubMessage(partial, ConnectResponse.decode(ConnectResponse.encode(response).finish()));
    partial = folded.partial;
    if (folded.frame !== undefined) arrived.push(folded.frame);
  }
  expect(partial).toEqual(noPartialFrames);
  return arrived;
}

test('what an agent says arrives as it was said', () => {
  fc.assert(
    fc.property(agentMessage, (message) => {
      const wire = ConnectRequest.decode(ConnectRequest.encode(encodeAgentMessage(message)).finish());
      expect(decodeAgentMessage(wire)).toEqual(message);
    }),
    { numRuns: 200 },
  );
});

test('what the hub says arrives as it was said, however it is split', () => {
  fc.assert(
    fc.property(fc.array(frame, { maxLength: 4 }), (frames) => {
      expect(travel(frames)).toEqual(frames);
    }),
    { numRuns: 100 },
  );
});

test('a blob larger than one chunk is split and joined', () => {
  const data = Uint8Array.from({ length: 2 * maxChunkBytes + 5 }, (_, index) => index % 251);
  const blob = { type: 'packed-blob', digest: 'd', compression: '', data } as const;
  expect(encodeHubMessage(blob)).toHaveLength(3);
  expect(travel([blob])).toEqual([blob]);
});

test('a head of more than 1,000 entries is split and joined', () => {
  const set = Array.from({ length: 2500 }, (_, index) => ({ application: `a/${index}`, digest: `${index}` }));
  const head = {
    type: 'head',
    change: { base: 0, generation: 1, set, removed: ['b/1'], root: 'r' },
  } as const;
  expect(encodeHubMessage(head)).toHaveLength(6);
  expect(travel([head])).toEqual([head]);
});

test('messages that only a newer peer knows are ignored', () => {
  // Field 200, a string: a member of the oneof that this build doesn't have.
  const unknown = Uint8Array.from([0xc2, 0x0c, 0x02, 0x68, 0x69]);
  expect(decodeAgentMessage(ConnectRequest.decode(unknown))).toBeUndefined();
  expect(foldHubMessage(noPartialFrames, ConnectResponse.decode(unknown)).frame).toBeUndefined();
});

test.for([
  { type: 'weather', application: 'apps/web' },
  { type: 'live', application: 'apps/web' },
  { type: 'live', application: 'apps/web', object: 'no reference' },
  { type: 'tree' },
  null,
])('a query that is not understood arrives as one, to be answered so: %j', (request) => {
  const value = { id: 'q1', request: new TextEncoder().encode(JSON.stringify(request)) };
  const folded = foldHubMessage(noPartialFrames, { message: { $case: 'query', value } });
  expect(folded.frame).toEqual({ type: 'query', id: 'q1' });
});

test('a report of a type that only a newer agent knows is left out', () => {
  const body = new TextEncoder().encode('{}');
  const value = { reports: [{ sequence: 1n, type: 'weather', body }] };
  expect(decodeAgentMessage({ message: { $case: 'reports', value } })).toEqual({
    type: 'report',
    reports: [],
  });
});

const chunk = { digest: 'd', index: 0, last: false, compression: '', data: new Uint8Array(1) };
const entry = { set: [], removed: ['a'] };
const begin = { baseGeneration: 0n, generation: 1n };
const brokenStreams: Record<string, ConnectResponse['message'][]> = {
  'a chunk out of order': [{ $case: 'blob', value: { ...chunk, index: 1 } }],
  'two blobs mixed': [
    { $case: 'blob', value: chunk },
    { $case: 'blob', value: { ...chunk, index: 1, digest: 'e' } },
  ],
  'a compression that nobody agreed on': [
    { $case: 'blob', value: { ...chunk, last: true, compression: 'zstd' } },
  ],
  'entries without a head': [{ $case: 'headEntries', value: entry }],
  'a head within a head': [
    { $case: 'headBegin', value: begin },
    { $case: 'headBegin', value: begin },
  ],
  'a head with too few entries': [
    { $case: 'headBegin', value: begin },
    { $case: 'headEntries', value: entry },
    { $case: 'headEnd', value: { count: 2, root: 'r' } },
  ],
  'a number beyond 2^53': [{ $case: 'acknowledged', value: { sequence: 2n ** 60n } }],
  'a welcome without a key': [
    {
      $case: 'welcome',
      value: {
        hubVersion: '',
        protocol: 1,
        epochs: [{ counter: 1, nonce: '' }],
        digestKey: new Uint8Array(),
        acknowledged: 0n,
      },
    },
  ],
};

test.for(Object.entries(brokenStreams))('%s ends the stream with an error', ([, messages]) => {
  const play = (): void => {
    let partial = noPartialFrames;
    for (const message of messages) partial = foldHubMessage(partial, { message }).partial;
  };
  expect(play).toThrow(AppError);
});

test('a report whose body is not what its type says is an error', () => {
  const body = new TextEncoder().encode('{"application": 3}');
  const value = { reports: [{ sequence: 1n, type: 'application', body }] };
  expect(() => decodeAgentMessage({ message: { $case: 'reports', value } })).toThrow('report 1');
});
