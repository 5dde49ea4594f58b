import { type Digest, keyedDigest } from '../../core/digest.ts';
import { emptyHead, foldHead, type Head, type HeadChange, rootDigest } from '../../core/head.ts';
import type { AgentSession, AgentSessionEffect } from './session.ts';

export interface AgentStep {
  readonly state: AgentSession;
  readonly effects: readonly AgentSessionEffect[];
}

/** Contents asked for at once; the next are asked for when these have come. */
const maxAsked = 500;

/** Folds a change of the head that the hub sent. */
export function foldChange(state: AgentSession, change: HeadChange): AgentStep {
  if (state.problems.history !== undefined) return { state, effects: [] };
  const ours = state.stored?.head ?? emptyHead;
  if (isOlder(change, ours)) {
    const history =
      `the hub sent generation ${change.generation}, but ${ours.generation} is in force here: its store was replaced ` +
      'by an older one. What is in force stays and nothing is deleted. Once the hub is right, stop the agent, remove ' +
      'its desired state and start it again';
    return { state: { ...state, problems: { ...state.problems, history } }, effects: [] };
  }
  const head = foldHead(state.target ?? ours, change);
  if (head === undefined) return onUnfoldable(state, change);
  const names = new Set(head.entries.values());
  const received = new Map([...state.received, ...state.batch].filter(([digest]) => names.has(digest)));
  return advance({ ...state, target: head, wholeAsked: false, received, batch: new Map(), asked: new Set() });
}

/** Within one history generations only grow, and one generation has one content. */
function isOlder(change: HeadChange, ours: Head): boolean {
  if (change.generation < ours.generation) return true;
  return change.generation === ours.generation && change.root !== rootDigest(ours.entries);
}

function onUnfoldable(state: AgentSession, change: HeadChange): AgentStep {
  if (change.base === 0)
    return breakOff(state, `its head of generation ${change.generation} doesn't have the root that it names`);
  if (state.wholeAsked) return { state, effects: [] };
  return {
    state: { ...state, wholeAsked: true },
    effects: [{ type: 'send', message: { type: 'want-head' } }],
  };
}

/** Folds one content. One that isn't what its digest says ends the stream: nothing of it can be trusted. */
export function foldBlob(state: AgentSession, digest: Digest, bytes: Uint8Array): AgentStep {
  if (!state.asked.has(digest) || state.digestKey === undefined) return { state, effects: [] };
  if (keyedDigest(state.digestKey, bytes) !== digest) {
    return breakOff(state, `a content doesn't match its digest ${digest}`);
  }
  const asked = new Set(state.asked);
  asked.delete(digest);
  const batch = new Map(state.batch).set(digest, bytes);
  if (asked.size > 0) return { state: { ...state, asked, batch }, effects: [] };
  const received = new Map([...state.received, ...batch]);
  return advance({ ...state, asked, received, batch: new Map() });
}

/** Asks for what the target lacks, or puts it in force once it lacks nothing. */
export function advance(state: AgentSession): AgentStep {
  const { target, epoch, digestKey } = state;
  if (state.link !== 'open' || state.storing !== undefined || state.asked.size > 0)
    return { state, effects: [] };
  if (target === undefined || epoch === undefined || digestKey === undefined) return { state, effects: [] };
  if (target.generation === state.inForce || target.generation === 0) return { state, effects: [] };
  const missing = new Set<Digest>();
  for (const digest of target.entries.values()) {
    if (state.present.has(digest) || state.received.has(digest)) continue;
    missing.add(digest);
    if (missing.size === maxAsked) break;
  }
  if (missing.size > 0) {
    const want: AgentSessionEffect = { type: 'send', message: { type: 'want', digests: [...missing] } };
    return { state: { ...state, asked: missing }, effects: [want] };
  }
  const storing = { epoch, digestKey, head: target };
  return {
    state: { ...state, storing },
    effects: [{ type: 'put-in-force', desired: storing, blobs: state.received }],
  };
}

/** What was being stored is on disk and in force. */
export function foldStored(state: AgentSession): AgentStep {
  const { storing } = state;
  if (storing === undefined) return { state, effects: [] };
  const present = new Set(storing.head.entries.values());
  const received = new Map([...state.received].filter(([digest]) => !present.has(digest)));
  const { storage: _solved, ...problems } = state.problems;
  const { generation, entries } = storing.head;
  const next = advance({
    ...state,
    stored: storing,
    storing: undefined,
    present,
    received,
    inForce: generation,
    problems,
  });
  if (state.link !== 'open') return next;
  const message = { type: 'in-force', generation, root: rootDigest(entries) } as const;
  return { state: next.state, effects: [{ type: 'send', message }, ...next.effects] };
}

/** What was received stays, so that trying again needs no stream. */
export function foldStoreFailed(state: AgentSession, message: string): AgentStep {
  const storage = `the new desired state can't be stored, the last one stays in force: ${message}`;
  return {
    state: { ...state, storing: undefined, problems: { ...state.problems, storage } },
    effects: [{ type: 'retry-later' }],
  };
}

/** The hub's stream can't be trusted any more. */
export function breakOff(state: AgentSession, what: string): AgentStep {
  const link = `the stream of the hub is broken: ${what}`;
  return {
    state: { ...state, link: 'refused', problems: { ...state.problems, link } },
    effects: [{ type: 'close' }],
  };
}
