import { answerWindowBytes, type QueryFailure, type QueryRequest } from '../../core/query.ts';
import { type AgentMessage, queryProtocol } from '../../core/session.ts';
import type { HubSession, HubSessionEffect, HubStep } from './session.ts';

/** Queries that run at one agent at a time; each keeps a window of memory at the hub. */
const maxQueriesPerAgent = 8;

/** Sends a query, or says why it can't be. */
export function openQuery(
  state: HubSession,
  { id, request }: { readonly id: string; readonly request: QueryRequest },
): HubStep {
  const failure = openProblem(state);
  if (failure !== undefined) return { state, effects: [failed(id, failure)] };
  return {
    state: { ...state, queries: new Map([...state.queries, [id, 0]]) },
    effects: [{ type: 'send', message: { type: 'query', id, request } }],
  };
}

function openProblem(state: HubSession): QueryFailure | undefined {
  const cluster = state.facts.certificateName;
  if (state.phase !== 'open') {
    const message = `the agent of cluster ${cluster} is just connecting`;
    return { code: 'unavailable', message, remedy: 'Try again in a moment' };
  }
  if (state.protocol < queryProtocol) {
    return {
      code: 'unsupported',
      message: `the agent of cluster ${cluster} (version ${state.agentVersion}) can't show what is live`,
      remedy: `Upgrade it to the version of the hub, ${state.facts.hubVersion}`,
    };
  }
  if (state.queries.size < maxQueriesPerAgent) return undefined;
  return {
    code: 'throttled',
    message: `${maxQueriesPerAgent} people look into cluster ${cluster} now, which is as many as its agent answers at a time`,
    remedy: 'Try again when one of them is done',
  };
}

/** Who asked has taken so many bytes more: the agent may send as many. */
export function takeBytes(state: HubSession, id: string, bytes: number): HubStep {
  const waiting = state.queries.get(id);
  if (waiting === undefined) return { state, effects: [] };
  return {
    state: { ...state, queries: new Map([...state.queries, [id, waiting - bytes]]) },
    effects: [{ type: 'send', message: { type: 'query-more', id, bytes } }],
  };
}

/** Nobody wants the rest. */
export function endQuery(state: HubSession, id: string): HubStep {
  if (!state.queries.has(id)) return { state, effects: [] };
  return {
    state: withoutQuery(state, id),
    effects: [{ type: 'send', message: { type: 'query-end', id } }],
  };
}

/** What comes for a query that was ended meanwhile is late, and nobody's. */
export function foldAnswer(
  state: HubSession,
  { id, part }: Extract<AgentMessage, { type: 'answer' }>,
): HubStep {
  const waiting = state.queries.get(id);
  if (waiting === undefined) return { state, effects: [] };
  const answer: HubSessionEffect = { type: 'answer', id, part };
  if (part.type !== 'chunk') return { state: withoutQuery(state, id), effects: [answer] };
  const now = waiting + part.bytes.length;
  if (now > answerWindowBytes) {
    const message = `the agent of cluster ${state.facts.certificateName} sent more than it was asked for`;
    const { state: next, effects } = endQuery(state, id);
    return { state: next, effects: [...effects, failed(id, { code: 'unavailable', message })] };
  }
  return { state: { ...state, queries: new Map([...state.queries, [id, now]]) }, effects: [answer] };
}

function withoutQuery(state: HubSession, id: string): HubSession {
  const queries = new Map(state.queries);
  queries.delete(id);
  return { ...state, queries };
}

function failed(id: string, failure: QueryFailure): HubSessionEffect {
  return { type: 'answer', id, part: { type: 'error', failure } };
}
