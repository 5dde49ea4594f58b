import type { Digest } from '../../core/digest.ts';
import { unreachable } from '../../core/error.ts';
import { diffHeads, emptyHead, type Head, rootDigest } from '../../core/head.ts';
import type { Operation, OperationRequest } from '../../core/operation.ts';
import type { AgentMessage } from '../../core/session.ts';
import { checkEnrolled, checkGreeting, chooseProtocol, decommissioned, type Rejection } from './admit.ts';
import { endQuery, foldAnswer, openQuery, takeBytes } from './queries.ts';
import type { HubSession, HubSessionEffect, HubSessionEvent, HubStep } from './session.ts';

/** Bytes of blobs that are read from the store and handed to the transport at once. */
const targetBatchBytes = 1024 * 1024;
const maxBatchSize = 512;

/** Folds one event into the hub's end of a session. Effects are to be carried out in their order. */
export function stepHubSession(state: HubSession, event: HubSessionEvent): HubStep {
  if (state.phase === 'closed') return { state, effects: [] };
  switch (event.type) {
    case 'message':
      return onMessage(state, event.message);
    case 'agent-read':
      return onAgentRead(state, event);
    case 'head-changed':
      return proceed({ ...state, stale: true });
    case 'head-read':
      return onHeadRead(state, event.head);
    case 'blobs-read':
      return onBlobsRead(state, event);
    case 'reports-saved':
      return {
        state,
        effects: [{ type: 'send', message: { type: 'acknowledged', sequence: event.acknowledged } }],
      };
    case 'operations-changed':
      return { state, effects: state.phase === 'open' ? [{ type: 'read-operations' }] : [] };
    case 'holds-changed':
      return { state, effects: state.phase === 'open' ? readHolds(state) : [] };
    case 'holds-read':
      return { state, effects: [{ type: 'send', message: { type: 'holds', holds: event.holds } }] };
    case 'operations-read':
      return onOperationsRead(state, event.operations);
    case 'query':
      return openQuery(state, event);
    case 'answer-taken':
      return takeBytes(state, event.id, event.bytes);
    case 'query-end':
      return endQuery(state, event.id);
    case 'drained':
      return proceed({ ...state, busy: false });
    case 'dismissed':
      return refuse(state, decommissioned(state.facts.certificateName));
    case 'replaced':
      return refuse(state, {
        code: 'replaced',
        message:
          `another agent connected as cluster ${state.facts.certificateName}; one cluster has one agent. ` +
          `Stop the other one if it shouldn't run`,
      });
    case 'failed':
      return refuse(state, event);
    default:
      return unreachable(event);
  }
}

/** What is due next: a newer head before blobs, since it may make them needless; one thing at a time. */
function proceed(state: HubSession): HubStep {
  if (state.phase !== 'open' || state.busy) return { state, effects: [] };
  if (state.stale) return { state: { ...state, busy: true, stale: false }, effects: [{ type: 'read-head' }] };
  if (state.wanted.length === 0) return { state, effects: [] };
  const digests = state.wanted.slice(0, state.batchSize);
  const wanted = state.wanted.slice(state.batchSize);
  return { state: { ...state, busy: true, wanted }, effects: [{ type: 'read-blobs', digests }] };
}

function onMessage(state: HubSession, message: AgentMessage): HubStep {
  if (message.type === 'hello') return onHello(state, message);
  if (state.phase !== 'open') return broken(state, `a message of type ${message.type} before the welcome`);
  switch (message.type) {
    case 'want':
      return proceed({ ...state, wanted: message.digests });
    case 'want-head':
      return proceed({ ...state, sent: undefined, stale: true, wanted: [] });
    case 'in-force':
      return onInForce(state, message);
    case 'report':
      if (message.reports.length === 0) return { state, effects: [] };
      return { state, effects: [{ type: 'save-reports', reports: message.reports }] };
    case 'answer':
      return foldAnswer(state, message);
    default:
      return unreachable(message);
  }
}

function onHello(state: HubSession, hello: Extract<AgentMessage, { type: 'hello' }>): HubStep {
  if (state.phase !== 'greeting') return broken(state, 'a second greeting');
  const rejection = checkGreeting(state.facts, hello);
  if (rejection !== undefined) return refuse(state, rejection);
  return {
    state: {
      ...state,
      phase: 'admitting',
      agentVersion: hello.agentVersion,
      protocol: chooseProtocol(hello.protocol) ?? 0,
      inForce: { generation: hello.generation, root: hello.root },
    },
    effects: [{ type: 'read-agent', cluster: hello.cluster }],
  };
}

function onAgentRead(state: HubSession, read: Extract<HubSessionEvent, { type: 'agent-read' }>): HubStep {
  if (state.phase !== 'admitting') return { state, effects: [] };
  const rejection = checkEnrolled(state.facts, read);
  if (rejection !== undefined) return refuse(state, rejection);
  const { agentVersion, inForce } = state;
  const admitted: HubSession = { ...state, phase: 'open', busy: true, sent: knownHead(inForce, read.head) };
  const following = sendHead(admitted, read.head);
  return {
    state: following.state,
    effects: [
      { type: 'admit' },
      { type: 'save-contact', agentVersion, generation: inForce.generation },
      {
        type: 'send',
        message: {
          type: 'welcome',
          hubVersion: state.facts.hubVersion,
          protocol: state.protocol,
          epochs: state.facts.epochs,
          digestKey: state.facts.digestKey,
          acknowledged: read.acknowledged,
        },
      },
      ...following.effects,
      { type: 'await-drain' },
      { type: 'read-operations' },
      ...readHolds(admitted),
    ],
  };
}

/** An agent that doesn't know holds is not told of them. */
function readHolds({ protocol }: HubSession): readonly HubSessionEffect[] {
  return protocol < 2 ? [] : [{ type: 'read-holds' }];
}

/** The head that an agent has, where it can be known by its root: it's the newest, or empty. */
function knownHead(agent: HubSession['inForce'], newest: Head): Head | undefined {
  if (agent.root === rootDigest(newest.entries))
    return { generation: agent.generation, entries: newest.entries };
  return agent.generation === 0 ? emptyHead : undefined;
}

/** Sends what leads from the head that the agent has to this one; nothing where it has it. */
function sendHead(state: HubSession, head: Head): HubStep {
  const from = state.sent;
  if (from !== undefined && from.generation === head.generation) return { state, effects: [] };
  const change = diffHeads(from ?? emptyHead, head);
  return { state: { ...state, sent: head }, effects: [{ type: 'send', message: { type: 'head', change } }] };
}

function onHeadRead(state: HubSession, head: Head): HubStep {
  const { state: next, effects } = sendHead(state, head);
  if (effects.length === 0) return proceed({ ...next, busy: false });
  return { state: next, effects: [...effects, { type: 'await-drain' }] };
}

function onBlobsRead(state: HubSession, read: Extract<HubSessionEvent, { type: 'blobs-read' }>): HubStep {
  const effects: HubSessionEffect[] = [];
  if (read.absent.length > 0) effects.push({ type: 'note', message: describeAbsent(state, read.absent) });
  let bytesRead = 0;
  for (const [digest, bytes] of read.blobs) {
    bytesRead += bytes.length;
    effects.push({ type: 'send', message: { type: 'blob', digest, bytes } });
  }
  const fitting = Math.floor((targetBatchBytes * read.blobs.size) / Math.max(1, bytesRead));
  const batchSize = Math.max(1, Math.min(maxBatchSize, fitting));
  return { state: { ...state, batchSize }, effects: [...effects, { type: 'await-drain' }] };
}

/** Contents of a superseded head may be gone; those of the newest must not. The agent keeps what it has until they come. */
function describeAbsent(state: HubSession, absent: readonly Digest[]): string {
  const generation = state.sent?.generation ?? 0;
  return (
    `the store lacks ${absent.length} contents that cluster ${state.facts.certificateName} asked for ` +
    `at generation ${generation}, such as ${absent[0]}`
  );
}

function onInForce(
  state: HubSession,
  { generation, root }: Extract<AgentMessage, { type: 'in-force' }>,
): HubStep {
  return {
    state: { ...state, inForce: { generation, root } },
    effects: [{ type: 'save-contact', agentVersion: state.agentVersion, generation }],
  };
}

function onOperationsRead(state: HubSession, operations: readonly Operation[]): HubStep {
  const wanted = operations.filter(isForAgent).filter((operation) => operation.cancelledBy === undefined);
  const cancelled = operations.filter((operation) => operation.cancelledBy !== undefined);
  const fresh = wanted.filter((operation) => !state.sentOperations.has(operation.id));
  const ended = cancelled.filter((operation) => !state.sentCancellations.has(operation.id));
  if (fresh.length + ended.length === 0) return { state, effects: [] };
  const asked: HubSessionEffect[] = fresh.map(({ id, application, request, requestedBy }) => ({
    type: 'send',
    message: { type: 'operation', id, application, request, requestedBy },
  }));
  const taken: HubSessionEffect[] = ended.map(({ id }) => ({
    type: 'send',
    message: { type: 'cancel', id },
  }));
  // Only those without a result come from the store, so the sets stay as small as they are few.
  return {
    state: {
      ...state,
      sentOperations: new Set(wanted.map((operation) => operation.id)),
      sentCancellations: new Set(cancelled.map((operation) => operation.id)),
    },
    effects: [...asked, ...taken],
  };
}

function isForAgent(operation: Operation): operation is Operation & { readonly request: OperationRequest } {
  return operation.request.type !== 'decommission';
}

function broken(state: HubSession, what: string): HubStep {
  return refuse(state, { code: 'broken', message: `the agent's stream is broken: it sent ${what}` });
}

function refuse(state: HubSession, { code, message }: Rejection): HubStep {
  return {
    state: { ...state, phase: 'closed', wanted: [], sent: undefined },
    effects: [{ type: 'send', message: { type: 'refused', code, message } }, { type: 'close' }],
  };
}
