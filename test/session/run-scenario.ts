import type { Drift } from '../../core/drift.ts';
import type { Head } from '../../core/head.ts';
import type { QueryRequest } from '../../core/query.ts';
import type { Report } from '../../core/session.ts';
import { decodeReport, encodeReport } from '../../proto/codec/report.ts';
import type { SimulatedAgent } from './simulated-agent.ts';
import { Simulation } from './simulation.ts';

/**
 * Runs a scenario: blocks of commands, one to a line, each block followed by `----` and what happened. Answers the same
 * text with what happened now. Lines that begin with `#` are for readers.
 */
export function runScenario(text: string): string {
  const world = new ScenarioWorld();
  const blocks = text.trimEnd().split(/\n{2,}/);
  return `${blocks.map((block) => runBlock(world, block)).join('\n\n')}\n`;
}

function runBlock(world: ScenarioWorld, block: string): string {
  const [commands = ''] = block.split('\n----');
  const lines = commands.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  if (lines.length === 0) return block;
  const happened = lines.flatMap((line) => world.run(line));
  return [commands, '----', ...happened].join('\n');
}

class ScenarioWorld {
  readonly #simulation = new Simulation();
  readonly #backups = new Map<string, { heads: Map<string, Head>; epochs: number }>();

  /** What one command makes happen, line by line. */
  run(line: string): readonly string[] {
    const [command = '', ...words] = line.split(' ');
    const shown = this.#perform(command, words);
    return [...this.#simulation.log.splice(0), ...shown];
  }

  #perform(command: string, words: readonly string[]): readonly string[] {
    const simulation = this.#simulation;
    const [first = '', second = ''] = words;
    switch (command) {
      case 'agent':
        simulation.addAgent(first);
        return [];
      case 'commit':
        simulation.commit(first, new Map(words.slice(1).map(parseContent)));
        return [`generation ${simulation.store.heads.get(first)?.generation}`];
      case 'connect':
        simulation.connect(this.#agent(first));
        return [];
      case 'cut':
        simulation.cut(this.#agent(first));
        return [];
      case 'restart-agent':
        simulation.startAgent(this.#agent(first));
        return [];
      case 'restart-hub':
        simulation.restartHub();
        return [];
      case 'settle':
        simulation.settle();
        return [];
      case 'turns':
        for (let turn = 0; turn < Number(second); turn += 1) simulation.turn(this.#agent(first));
        return [];
      case 'show':
        return this.#show(this.#agent(first));
      default:
        return this.#performRare(command, words);
    }
  }

  #performRare(command: string, words: readonly string[]): readonly string[] {
    const simulation = this.#simulation;
    const [first = '', second = '', third = ''] = words;
    switch (command) {
      case 'to-agent':
        for (let turn = 0; turn < Number(second); turn += 1) simulation.deliverToAgent(this.#agent(first));
        return [];
      case 'to-hub':
        simulation.deliverToHub(this.#agent(first));
        simulation.workHub(this.#agent(first));
        return [];
      case 'status':
        simulation.report(this.#agent(first), statusReport(second, third));
        return [];
      case 'drift':
        simulation.report(this.#agent(first), driftReport(second));
        return [];
      case 'reports':
        return this.#showReports(first);
      case 'operation':
        this.#addOperation(first, second);
        return [];
      case 'finish':
        simulation.store.operations.set(first, []);
        return [];
      case 'speaks':
        this.#agent(first).protocolMax = Number(second);
        return [];
      case 'query':
      case 'end-query':
      case 'taken':
      case 'answer':
      case 'answer-end':
      case 'answer-error':
        this.#query(command, this.#agent(first), second, words.slice(2));
        return [];
      case 'disk':
        this.#agent(first).diskFull = second === 'full';
        return [];
      case 'retry':
        simulation.retry(this.#agent(first));
        return [];
      case 'damage':
        this.#agent(first).blobs.delete([...this.#agent(first).blobs.keys()][0] ?? '');
        return [];
      case 'backup':
        this.#backups.set('', {
          heads: new Map(simulation.store.heads),
          epochs: simulation.store.epochs.length,
        });
        return [];
      case 'restore':
        this.#restore();
        return [];
      case 'enrol-elsewhere':
        simulation.store.enrolled.set(first, {
          cluster: first,
          certificateFingerprint: 'of another agent',
          enrolledAt: '',
          certificateExpiresAt: '',
        });
        return [];
      default:
        throw new Error(`the scenario has an unknown command: ${command}`);
    }
  }

  #query(command: string, agent: SimulatedAgent, id: string, [word = '']: readonly string[]): void {
    const simulation = this.#simulation;
    switch (command) {
      case 'query':
        simulation.toQuery(agent, { type: 'query', id, request: treeOf(word) });
        break;
      case 'end-query':
        simulation.toQuery(agent, { type: 'query-end', id });
        break;
      case 'taken':
        simulation.toQuery(agent, { type: 'answer-taken', id, bytes: Number(word) });
        break;
      case 'answer':
        simulation.answer(agent, id, { type: 'chunk', bytes: new Uint8Array(Number(word)) });
        break;
      case 'answer-end':
        simulation.answer(agent, id, { type: 'end' });
        break;
      case 'answer-error':
        simulation.answer(agent, id, { type: 'error', failure: { code: 'denied', message: word } });
        break;
    }
  }

  #agent(name: string): SimulatedAgent {
    const agent = this.#simulation.agents.get(name);
    if (agent === undefined) throw new Error(`the scenario has no agent ${name}`);
    return agent;
  }

  #show(agent: SimulatedAgent): readonly string[] {
    const entries = [...(agent.stored?.head.entries ?? [])].sort(([left], [right]) =>
      left < right ? -1 : 1,
    );
    const contents = entries.map(([application, digest]) => {
      const bytes = agent.blobs.get(digest);
      return `${application}=${bytes === undefined ? 'damaged' : new TextDecoder().decode(bytes)}`;
    });
    const contact = this.#simulation.store.contacts.get(agent.cluster)?.generation ?? 'nothing';
    return [
      `${agent.cluster} has ${agent.inForce} in force: ${contents.join(' ') || 'nothing'}; the hub knows of ${contact}`,
      ...Object.values(agent.session.problems).map((problem) => `${agent.cluster} says: ${problem}`),
    ];
  }

  #showReports(cluster: string): readonly string[] {
    const saved = this.#simulation.store.reports.get(cluster) ?? [];
    const waiting = this.#agent(cluster).outbox.size;
    const numbers = saved.map(
      (numbered) => `${decodeReport(encodeReport(numbered))?.sequence} ${numbered.report.type}`,
    );
    return [`the hub has: ${numbers.join(', ') || 'nothing'}; ${waiting} wait at ${cluster}`];
  }

  #addOperation(cluster: string, id: string): void {
    const { operations } = this.#simulation.store;
    const operation = {
      id,
      application: 'web',
      cluster,
      request: { type: 'sync' },
      requestedBy: 'ada',
      requestedAt: '',
      phase: 'Pending',
      message: '',
    } as const;
    operations.set(cluster, [...(operations.get(cluster) ?? []), operation]);
    this.#simulation.notifyOperations(cluster);
  }

  /** The store is what it was at the backup; the hub that starts on it appends a start of its own. */
  #restore(): void {
    const backup = this.#backups.get('');
    if (backup === undefined) throw new Error('the scenario restores what it never backed up');
    const { store } = this.#simulation;
    for (const [cluster, head] of backup.heads) store.heads.set(cluster, head);
    store.epochs = store.epochs.slice(0, backup.epochs);
    this.#simulation.restartHub();
    store.epochs = store.epochs.map((epoch, index) =>
      index < backup.epochs ? epoch : { ...epoch, nonce: 'after the restore' },
    );
  }
}

function parseContent(word: string): readonly [string, Uint8Array] {
  const [application = ''] = word.split('=');
  return [application, new TextEncoder().encode(word.slice(application.length + 1))];
}

function statusReport(application: string, message: string): Report {
  return { type: 'application', status: { application, health: { status: 'Healthy', message } } } as Report;
}

function driftReport(id: string): Report {
  return { type: 'drift', event: { drift: { id, application: 'web' } as Drift, change: 'opened', at: '' } };
}

function treeOf(application: string): QueryRequest {
  return { type: 'tree', application, kinds: 'known' };
}
