import type { QueryFailure } from '../../core/query.ts';
import type { AnswerPart, HubMessage } from '../../core/session.ts';
import type { AgentStep } from './desired.ts';
import type { AgentSession, AgentSessionEffect } from './session.ts';

/** Queries that run at a time, whatever the hub asks: each costs memory and requests here. */
const maxQueries = 8;

export function foldQuery(
  state: AgentSession,
  { id, request }: Extract<HubMessage, { type: 'query' }>,
): AgentStep {
  if (state.queries.has(id)) return { state, effects: [] };
  if (request === undefined) {
    const message = `the agent (version ${state.facts.agentVersion}) doesn't know what was asked`;
    const remedy = 'Upgrade it to the version of the hub';
    return refused(state, id, { code: 'unsupported', message, remedy });
  }
  if (state.queries.size >= maxQueries) {
    const message = `the agent answers ${maxQueries} queries already`;
    return refused(state, id, { code: 'throttled', message, remedy: 'Try again when one of them is done' });
  }
  return {
    state: { ...state, queries: new Set([...state.queries, id]) },
    effects: [{ type: 'query', id, request }],
  };
}

export function foldQueryMore(
  state: AgentSession,
  message: Extract<HubMessage, { type: 'query-more' }>,
): AgentStep {
  return { state, effects: state.queries.has(message.id) ? [message] : [] };
}

export function foldQueryEnd(
  state: AgentSession,
  message: Extract<HubMessage, { type: 'query-end' }>,
): AgentStep {
  if (!state.queries.has(message.id)) return { state, effects: [] };
  return { state: withoutQuery(state, message.id), effects: [message] };
}

/** What was found for a query that has ended, or whose stream has, is nobody's. */
export function sendAnswer(state: AgentSession, id: string, part: AnswerPart): AgentStep {
  if (!state.queries.has(id)) return { state, effects: [] };
  return {
    state: part.type === 'chunk' ? state : withoutQuery(state, id),
    effects: [{ type: 'send', message: { type: 'answer', id, part } }],
  };
}

/** The stream is gone: who asked was told so by the hub. */
export function endQueries(state: AgentSession): readonly AgentSessionEffect[] {
  return [...state.queries].map((id) => ({ type: 'query-end', id }));
}

function withoutQuery(state: AgentSession, id: string): AgentSession {
  const queries = new Set(state.queries);
  queries.delete(id);
  return { ...state, queries };
}

function refused(state: AgentSession, id: string, failure: QueryFailure): AgentStep {
  const part = { type: 'error', failure } as const;
  return { state, effects: [{ type: 'send', message: { type: 'answer', id, part } }] };
}
