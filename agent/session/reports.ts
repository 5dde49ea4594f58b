import type { AgentStep } from './desired.ts';
import type { AgentSession, SentReports } from './session.ts';

/** What may be on its way unacknowledged. */
const maxInFlight = 100;
const maxInFlightBytes = 256 * 1024;

/** Asks for more reports to be sent, as far as the window has room. */
export function sendReports(state: AgentSession): AgentStep {
  const { sentThrough, inFlight, sending } = state.reports;
  if (state.link !== 'open' || sending) return { state, effects: [] };
  const maxCount = maxInFlight - inFlight.reduce((sum, sent) => sum + sent.count, 0);
  const maxBytes = maxInFlightBytes - inFlight.reduce((sum, sent) => sum + sent.bytes, 0);
  if (maxCount <= 0 || maxBytes <= 0) return { state, effects: [] };
  return {
    state: { ...state, reports: { ...state.reports, sending: true } },
    effects: [{ type: 'send-reports', after: sentThrough, maxCount, maxBytes }],
  };
}

/** What `send-reports` sent. */
export function foldSent(state: AgentSession, sent: SentReports): AgentStep {
  const reports = { ...state.reports, sending: false };
  if (sent.count === 0) return { state: { ...state, reports }, effects: [] };
  const inFlight = [...reports.inFlight, sent];
  return sendReports({ ...state, reports: { ...reports, sentThrough: sent.through, inFlight } });
}

/** The hub has committed everything up to this number. A number that was never sent on this stream is not believed. */
export function foldAcknowledged(state: AgentSession, sequence: number): AgentStep {
  if (sequence > state.reports.sentThrough) return { state, effects: [] };
  const inFlight = state.reports.inFlight.filter((sent) => sent.through > sequence);
  const next = sendReports({ ...state, reports: { ...state.reports, inFlight } });
  return { state: next.state, effects: [{ type: 'acknowledge', sequence }, ...next.effects] };
}
