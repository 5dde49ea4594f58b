import { unreachable } from '../../core/error.ts';
import { emptyHead, rootDigest } from '../../core/head.ts';
import { type Epoch, type HubMessage, supportedProtocol } from '../../core/session.ts';
import {
  type AgentStep,
  advance,
  breakOff,
  foldBlob,
  foldChange,
  foldStored,
  foldStoreFailed,
} from './desired.ts';
import { endQueries, foldQuery, foldQueryEnd, foldQueryMore, sendAnswer } from './queries.ts';
import { foldAcknowledged, foldSent, sendReports } from './reports.ts';
import { type AgentSession, type AgentSessionEffect, type AgentSessionEvent, hubStateOf } from './session.ts';

/** Ids of operations that are remembered; more without a result never stand at one cluster. */
const rememberedOperations = 1000;

/** Folds one event into the agent's end of a session. Effects are to be carried out in their order. */
export function stepAgentSession(before: AgentSession, event: AgentSessionEvent): AgentStep {
  const { state, effects } = foldEvent(before, event);
  if (state.link === before.link && state.problems === before.problems) return { state, effects };
  return { state, effects: [...effects, { type: 'hub-state', state: hubStateOf(state) }] };
}

function foldEvent(state: AgentSession, event: AgentSessionEvent): AgentStep {
  switch (event.type) {
    case 'started':
      return onStarted(state, event);
    case 'connected':
      return onConnected(state);
    case 'disconnected':
      return onDisconnected(state, event.reason);
    case 'message':
      return onMessage(state, event.message);
    case 'broken':
      return breakOff(state, event.message);
    case 'stored':
      return rememberEpoch(foldStored(state));
    case 'store-failed':
      return foldStoreFailed(state, event.message);
    case 'retry':
      return advance(state);
    case 'reports-added':
      return sendReports(state);
    case 'reports-sent':
      return foldSent(state, event.sent);
    case 'answered':
      return sendAnswer(state, event.id, event.part);
    default:
      return unreachable(event);
  }
}

function onStarted(
  state: AgentSession,
  { stored, present }: Extract<AgentSessionEvent, { type: 'started' }>,
): AgentStep {
  if (stored === undefined) return { state, effects: [] };
  const { epoch, digestKey, head } = stored;
  const known: AgentSession = { ...state, stored, present, epoch, digestKey };
  const damaged = [...head.entries.values()].filter((digest) => !present.has(digest)).length;
  if (damaged > 0) {
    const storage =
      `${damaged} of ${head.entries.size} stored contents are damaged or gone. ` +
      'Nothing is applied until the hub has sent them again';
    return { state: { ...known, problems: { ...state.problems, storage } }, effects: [] };
  }
  if (head.generation === 0) return { state: known, effects: [] };
  return { state: { ...known, inForce: head.generation }, effects: [{ type: 'resume', desired: stored }] };
}

function onConnected(state: AgentSession): AgentStep {
  const head = state.stored?.head ?? emptyHead;
  const hello = {
    type: 'hello',
    ...state.facts,
    protocol: supportedProtocol,
    ...(state.epoch === undefined ? {} : { epoch: state.epoch }),
    generation: head.generation,
    root: rootDigest(head.entries),
  } as const;
  return { state: { ...state, link: 'greeting' }, effects: [{ type: 'send', message: hello }] };
}

/** What a stream has brought stays; what it was asked or told is void with it. */
function onDisconnected(state: AgentSession, reason: string): AgentStep {
  const { history: _ofThatStream, ...problems } = state.problems;
  return {
    state: {
      ...state,
      link: 'down',
      target: undefined,
      wholeAsked: false,
      received: new Map([...state.received, ...state.batch]),
      batch: new Map(),
      asked: new Set(),
      queries: new Set(),
      // The hub's own words, where it turned us away, say more than the end of the stream.
      problems: state.link === 'refused' ? state.problems : { ...problems, link: reason },
      reports: { sentThrough: 0, inFlight: [], sending: false },
    },
    effects: endQueries(state),
  };
}

function onMessage(state: AgentSession, message: HubMessage): AgentStep {
  if (message.type === 'refused') return onRefused(state, message);
  if (message.type === 'welcome') return onWelcome(state, message);
  if (state.link === 'greeting')
    return breakOff(state, `a message of type ${message.type} before the welcome`);
  if (state.link !== 'open') return { state, effects: [] };
  switch (message.type) {
    case 'head':
      return foldChange(state, message.change);
    case 'blob':
      return foldBlob(state, message.digest, message.bytes);
    case 'acknowledged':
      return foldAcknowledged(state, message.sequence);
    case 'operation':
      return onOperation(state, message);
    case 'holds':
      // A hub whose history isn't the known one may have lost holds that still run.
      return { state, effects: state.problems.history === undefined ? [message] : [] };
    case 'cancel':
      return { state, effects: [message] };
    case 'query':
      return foldQuery(state, message);
    case 'query-more':
      return foldQueryMore(state, message);
    case 'query-end':
      return foldQueryEnd(state, message);
    default:
      return unreachable(message);
  }
}

function onRefused(
  state: AgentSession,
  { code, message }: Extract<HubMessage, { type: 'refused' }>,
): AgentStep {
  const link = `the hub refused this agent: ${message}`;
  return {
    state: { ...state, link: 'refused', problems: { ...state.problems, link } },
    effects: [...(code === 'decommissioned' ? [{ type: 'dismissed' } as const] : []), { type: 'close' }],
  };
}

function onWelcome(state: AgentSession, welcome: Extract<HubMessage, { type: 'welcome' }>): AgentStep {
  if (state.link !== 'greeting') return breakOff(state, 'a second welcome');
  const { link: _solved, ...problems } = state.problems;
  const newest = welcome.epochs.at(-1);
  const { acknowledged } = welcome;
  const reports = { sentThrough: acknowledged, inFlight: [], sending: false };
  const open: AgentSession = { ...state, link: 'open', problems, reports };
  const acknowledge: AgentSessionEffect = { type: 'acknowledge', sequence: acknowledged };
  if (state.epoch !== undefined && !welcome.epochs.some((epoch) => isSameEpoch(epoch, state.epoch))) {
    return after([acknowledge], sendReports(withForeignHistory(open, state.epoch)));
  }
  const accepted: AgentSession = {
    ...open,
    epoch: newest,
    digestKey: welcome.digestKey,
    target: state.stored?.head,
  };
  const remembered = rememberEpoch({ state: accepted, effects: [acknowledge] });
  const asked = advance(remembered.state);
  return after([...remembered.effects, ...asked.effects], sendReports(asked.state));
}

function withForeignHistory(state: AgentSession, met: Epoch): AgentSession {
  const history =
    `the hub's history lacks its start number ${met.counter}, which this agent has met: its store was restored from a ` +
    'backup, copied, or made anew. What is in force stays and nothing is deleted. Once the hub is right, stop the ' +
    'agent, remove its desired state and start it again';
  return { ...state, problems: { ...state.problems, history } };
}

/** The newest epoch is on disk before anything that depends on it; not while something else is being stored. */
function rememberEpoch({ state, effects }: AgentStep): AgentStep {
  const { epoch, digestKey, stored, storing } = state;
  if (storing !== undefined || epoch === undefined || digestKey === undefined) return { state, effects };
  if (stored !== undefined && isSameEpoch(stored.epoch, epoch)) return { state, effects };
  const desired = { epoch, digestKey, head: stored?.head ?? emptyHead };
  return { state: { ...state, stored: desired }, effects: [...effects, { type: 'save-epoch', desired }] };
}

function onOperation(state: AgentSession, message: Extract<HubMessage, { type: 'operation' }>): AgentStep {
  if (state.operations.has(message.id)) return { state, effects: [] };
  const operations = new Set([...state.operations, message.id].slice(-rememberedOperations));
  return { state: { ...state, operations }, effects: [message] };
}

function isSameEpoch(left: Epoch | undefined, right: Epoch | undefined): boolean {
  return left?.counter === right?.counter && left?.nonce === right?.nonce;
}

function after(effects: readonly AgentSessionEffect[], step: AgentStep): AgentStep {
  return { state: step.state, effects: [...effects, ...step.effects] };
}
