import type { StoredDesired } from '../../agent/ports.ts';
import {
  type AgentSessionEffect,
  type AgentSessionEvent,
  openAgentSession,
} from '../../agent/session/session.ts';
import { stepAgentSession } from '../../agent/session/step.ts';
import type { Digest } from '../../core/digest.ts';
import { emptyHead } from '../../core/head.ts';
import type { AgentMessage, AnswerPart, HubMessage, NumberedReport, Report } from '../../core/session.ts';
import { type HubSessionEffect, type HubSessionEvent, openHubSession } from '../../hub/session/session.ts';
import { stepHubSession } from '../../hub/session/step.ts';
import { decodeAgentMessage, encodeAgentMessage } from '../../proto/codec/agent-message.ts';
import { encodeHubMessage } from '../../proto/codec/encode-hub-message.ts';
import { foldHubMessage, noPartialFrames } from '../../proto/codec/fold-hub-message.ts';
import { encodeReport } from '../../proto/codec/report.ts';
import { ConnectRequest, ConnectResponse } from '../../proto/gen/fairlead/session/v1/session.ts';
import { describeAgentMessage, describeHubMessage, describePart } from './describe-message.ts';
import { MemoryStore } from './memory-store.ts';
import { type Link, SimulatedAgent } from './simulated-agent.ts';

/**
 * A hub and its agents in memory, with real sessions at both ends, the real wire format between them, and nothing that
 * happens by itself: messages travel, disks write and stores answer when they are told to.
 */
export class Simulation {
  readonly store = new MemoryStore();
  readonly agents = new Map<string, SimulatedAgent>();
  readonly log: string[] = [];

  addAgent(cluster: string): SimulatedAgent {
    const agent = new SimulatedAgent(cluster);
    this.agents.set(cluster, agent);
    this.store.enrolled.set(cluster, {
      cluster,
      certificateFingerprint: `of ${cluster}`,
      enrolledAt: '',
      certificateExpiresAt: '',
    });
    this.startAgent(agent);
    return agent;
  }

  /** Starts the agent's process, or kills it and starts it again: only its disk survives. */
  startAgent(agent: SimulatedAgent): void {
    this.cut(agent);
    agent.work.length = 0;
    agent.inForce = 0;
    agent.session = openAgentSession({ cluster: agent.cluster, agentVersion: 'test' });
    this.#feedAgent(agent, { type: 'started', stored: agent.stored, present: new Set(agent.blobs.keys()) });
  }

  /** Kills the hub and starts it again: every stream is cut, and the store's history has one more start. */
  restartHub(): void {
    for (const agent of this.agents.values()) this.cut(agent);
    const counter = this.store.epochs.length + 1;
    this.store.epochs = [...this.store.epochs, { counter, nonce: `start ${counter}` }];
  }

  connect(agent: SimulatedAgent): void {
    this.cut(agent);
    agent.link = {
      hub: openHubSession({
        certificateName: agent.cluster,
        certificateFingerprint: `of ${agent.cluster}`,
        hubVersion: 'test',
        epochs: this.store.epochs,
        digestKey: this.store.digestKey,
      }),
      partial: noPartialFrames,
      toHub: [],
      toAgent: [],
      hubWork: [],
    };
    this.#feedAgent(agent, { type: 'connected' });
  }

  /** Everything on its way is lost. */
  cut(agent: SimulatedAgent): void {
    if (agent.link === undefined) return;
    agent.link = undefined;
    this.#feedAgent(agent, { type: 'disconnected', reason: 'the link was cut' });
  }

  commit(cluster: string, contents: ReadonlyMap<string, Uint8Array>): void {
    this.store.commit(cluster, contents);
    this.store.collect();
    const link = this.agents.get(cluster)?.link;
    if (link !== undefined) this.#feedHub(cluster, link, { type: 'head-changed' });
  }

  /** These are the holds of a cluster from now on. */
  hold(cluster: string, ids: readonly string[]): void {
    const rest = { cluster, reason: 'r', heldBy: 'b', since: 's', until: 'u' };
    this.store.holds.set(
      cluster,
      ids.map((id) => ({ id, ...rest })),
    );
    const link = this.agents.get(cluster)?.link;
    if (link !== undefined) this.#feedHub(cluster, link, { type: 'holds-changed' });
  }

  notifyOperations(cluster: string): void {
    const link = this.agents.get(cluster)?.link;
    if (link !== undefined) this.#feedHub(cluster, link, { type: 'operations-changed' });
  }

  /** A person's query, or what becomes of it, as the hub hears it. */
  toQuery(
    agent: SimulatedAgent,
    event: Extract<HubSessionEvent, { type: 'query' | 'query-end' | 'answer-taken' }>,
  ): void {
    if (agent.link !== undefined) this.#feedHub(agent.cluster, agent.link, event);
  }

  /** A part of an answer, as the agent gives it. */
  answer(agent: SimulatedAgent, id: string, part: AnswerPart): void {
    this.#feedAgent(agent, { type: 'answered', id, part });
  }

  report(agent: SimulatedAgent, report: Report): void {
    agent.outbox.add({ sequence: agent.nextReport, report });
    agent.nextReport += 1;
    this.#feedAgent(agent, { type: 'reports-added' });
  }

  /** Delivers one message of the agent; false where none is on its way. */
  deliverToHub(agent: SimulatedAgent): boolean {
    const { link } = agent;
    const bytes = link?.toHub.shift();
    if (link === undefined || bytes === undefined) return false;
    const message = decodeAgentMessage(ConnectRequest.decode(bytes));
    if (message === undefined) return true;
    this.log.push(`${agent.cluster} → hub: ${describeAgentMessage(message)}`);
    this.#feedHub(agent.cluster, link, { type: 'message', message });
    return true;
  }

  /** Delivers one piece to the agent; false where none is on its way. */
  deliverToAgent(agent: SimulatedAgent): boolean {
    const { link } = agent;
    const next = link?.toAgent.shift();
    if (link === undefined || next === undefined) return false;
    if (next.type === 'drained') {
      this.#feedHub(agent.cluster, link, { type: 'drained' });
      return true;
    }
    const { partial, frame } = foldHubMessage(link.partial, ConnectResponse.decode(next.bytes));
    link.partial = partial;
    if (frame === undefined) return true;
    const message: HubMessage =
      frame.type === 'packed-blob' ? { type: 'blob', digest: frame.digest, bytes: frame.data } : frame;
    this.log.push(`hub → ${agent.cluster}: ${describeHubMessage(message)}`);
    this.#feedAgent(agent, { type: 'message', message });
    return true;
  }

  /** Lets the hub's store answer once; false where nothing was asked. */
  workHub(agent: SimulatedAgent): boolean {
    const work = agent.link?.hubWork.shift();
    work?.();
    return work !== undefined;
  }

  /** Lets the agent's disk do one thing; false where nothing was asked. */
  workAgent(agent: SimulatedAgent): boolean {
    const work = agent.work.shift();
    work?.();
    return work !== undefined;
  }

  /** Lets everything happen that can, in turns, until nothing is left. */
  settle(): void {
    let busy = true;
    while (busy) {
      busy = false;
      for (const agent of this.agents.values()) busy = this.turn(agent) || busy;
    }
  }

  /** Lets each part of one agent's way do one thing; false where nothing was left. */
  turn(agent: SimulatedAgent): boolean {
    const turns = [this.deliverToHub, this.workHub, this.deliverToAgent, this.workAgent];
    let busy = false;
    for (const turn of turns) busy = turn.call(this, agent) || busy;
    return busy;
  }

  /** As after the time of a `retry-later`. */
  retry(agent: SimulatedAgent): void {
    this.#feedAgent(agent, { type: 'retry' });
  }

  #feedAgent(agent: SimulatedAgent, event: AgentSessionEvent): void {
    const { state, effects } = stepAgentSession(agent.session, event);
    agent.session = state;
    for (const effect of effects) this.#performAgent(agent, effect);
  }

  #performAgent(agent: SimulatedAgent, effect: AgentSessionEffect): void {
    switch (effect.type) {
      case 'send':
        this.#sendToHub(agent, effect.message);
        break;
      case 'send-reports':
        this.#sendReports(agent, effect);
        break;
      case 'resume':
        agent.inForce = effect.desired.head.generation;
        this.log.push(`${agent.cluster}: generation ${agent.inForce} in force again`);
        break;
      case 'put-in-force':
        agent.work.push(() => this.#putInForce(agent, effect.desired, effect.blobs));
        break;
      case 'save-epoch':
        agent.work.push(() => {
          agent.stored = effect.desired;
        });
        break;
      case 'acknowledge':
        agent.outbox.acknowledge(effect.sequence);
        break;
      case 'holds':
        agent.holds = effect.holds.map(({ id }) => id);
        break;
      case 'operation':
        this.log.push(`${agent.cluster}: runs operation ${effect.id}`);
        break;
      case 'cancel':
        this.log.push(`${agent.cluster}: ends operation ${effect.id}`);
        break;
      case 'query':
        this.log.push(`${agent.cluster}: answers query ${effect.id} (${effect.request.type})`);
        break;
      case 'query-more':
        this.log.push(`${agent.cluster}: may send ${effect.bytes} bytes more for ${effect.id}`);
        break;
      case 'query-end':
        this.log.push(`${agent.cluster}: ends query ${effect.id}`);
        break;
      case 'dismissed':
        break;
      case 'hub-state':
        for (const problem of effect.state.problems) {
          if (!agent.told.includes(problem)) this.log.push(`${agent.cluster}: problem: ${problem}`);
        }
        agent.told = effect.state.problems;
        break;
      case 'retry-later':
        this.log.push(`${agent.cluster}: tries again later`);
        break;
      case 'close':
        agent.link = undefined;
        this.#feedAgent(agent, { type: 'disconnected', reason: 'the stream was closed' });
        break;
    }
  }

  #putInForce(agent: SimulatedAgent, desired: StoredDesired, blobs: ReadonlyMap<Digest, Uint8Array>): void {
    if (agent.diskFull) {
      this.#feedAgent(agent, { type: 'store-failed', message: 'the disk is full' });
      return;
    }
    const named = new Set(desired.head.entries.values());
    agent.blobs = new Map([...agent.blobs, ...blobs].filter(([digest]) => named.has(digest)));
    agent.stored = desired;
    agent.inForce = desired.head.generation;
    this.log.push(`${agent.cluster}: generation ${agent.inForce} in force`);
    this.#feedAgent(agent, { type: 'stored' });
  }

  #sendReports(
    agent: SimulatedAgent,
    { after, maxCount, maxBytes }: Extract<AgentSessionEffect, { type: 'send-reports' }>,
  ): void {
    const reports: NumberedReport[] = [];
    let bytes = 0;
    for (const report of agent.outbox.read(after, maxCount)) {
      const size = encodeReport(report).body.length;
      if (reports.length > 0 && bytes + size > maxBytes) break;
      reports.push(report);
      bytes += size;
    }
    if (reports.length > 0) this.#sendToHub(agent, { type: 'report', reports });
    const sent = { through: reports.at(-1)?.sequence ?? after, count: reports.length, bytes };
    this.#feedAgent(agent, { type: 'reports-sent', sent });
  }

  #sendToHub(agent: SimulatedAgent, message: AgentMessage): void {
    const { protocolMax } = agent;
    const spoken =
      message.type === 'hello' && protocolMax !== undefined
        ? { ...message, protocol: { min: 1, max: protocolMax } }
        : message;
    agent.link?.toHub.push(ConnectRequest.encode(encodeAgentMessage(spoken)).finish());
  }

  #feedHub(cluster: string, link: Link, event: HubSessionEvent): void {
    const { state, effects } = stepHubSession(link.hub, event);
    link.hub = state;
    for (const effect of effects) this.#performHub(cluster, link, effect);
  }

  #performHub(cluster: string, link: Link, effect: HubSessionEffect): void {
    const { store } = this;
    switch (effect.type) {
      case 'send':
        this.#sendToAgent(link, effect.message);
        break;
      case 'await-drain':
        link.toAgent.push({ type: 'drained' });
        break;
      case 'note':
        this.log.push(`hub: ${effect.message}`);
        break;
      case 'answer':
        this.log.push(`hub: query ${effect.id} is answered: ${describePart(effect.part)}`);
        break;
      case 'admit':
      case 'close':
        break;
      case 'read-agent':
        link.hubWork.push(() =>
          this.#feedHub(cluster, link, {
            type: 'agent-read',
            enrolledFingerprint: store.enrolled.get(cluster)?.certificateFingerprint,
            isDecommissioned: false,
            acknowledged: store.reports.get(cluster)?.at(-1)?.sequence ?? 0,
            head: store.heads.get(cluster) ?? emptyHead,
          }),
        );
        break;
      case 'read-head':
        link.hubWork.push(() =>
          this.#feedHub(cluster, link, { type: 'head-read', head: store.heads.get(cluster) ?? emptyHead }),
        );
        break;
      case 'read-blobs':
        link.hubWork.push(() => this.#readBlobs(cluster, link, effect.digests));
        break;
      case 'read-operations':
        link.hubWork.push(() => {
          const operations = store.operations.get(cluster) ?? [];
          this.#feedHub(cluster, link, {
            type: 'operations-read',
            operations: operations.filter((operation) => operation.phase === 'Pending'),
          });
        });
        break;
      case 'read-holds':
        link.hubWork.push(() =>
          this.#feedHub(cluster, link, { type: 'holds-read', holds: store.holds.get(cluster) ?? [] }),
        );
        break;
      case 'save-contact':
        link.hubWork.push(() => store.contacts.set(cluster, effect));
        break;
      case 'save-reports':
        link.hubWork.push(() => {
          const acknowledged = store.commitReports(cluster, effect.reports);
          this.#feedHub(cluster, link, { type: 'reports-saved', acknowledged });
        });
        break;
    }
  }

  #readBlobs(cluster: string, link: Link, digests: readonly Digest[]): void {
    const blobs = this.store.findBlobs(digests);
    const absent = digests.filter((digest) => !blobs.has(digest));
    this.#feedHub(cluster, link, { type: 'blobs-read', blobs, absent });
  }

  #sendToAgent(link: Link, message: HubMessage): void {
    const frame =
      message.type === 'blob'
        ? ({ type: 'packed-blob', digest: message.digest, compression: '', data: message.bytes } as const)
        : message;
    for (const response of encodeHubMessage(frame)) {
      link.toAgent.push({ type: 'bytes', bytes: ConnectResponse.encode(response).finish() });
    }
  }
}
