import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { EngineOperation } from '../../agent/engine/engine-api.ts';
import { type DesiredApplication, encodeDesired } from '../../core/desired.ts';
import { digest } from '../../core/digest.ts';
import { isFinal } from '../../core/operation.ts';
import type { OperationResult, Report } from '../../core/session.ts';
import type { ApplicationStatus } from '../../core/status.ts';
import { waitUntil } from '../clusters/wait.ts';
import type { EngineProcessOptions, FromEngine, ToEngine } from './engine-process.ts';
import type { KillPoint, WriteCounts } from './kill-point.ts';

/** Far more than any stage takes, also where the machine has other work. */
const limitMs = 300_000;
const program = fileURLToPath(new URL('./engine-process.ts', import.meta.url));

type Wish = Extract<ToEngine, { type: 'want' }>;

/**
 * An agent that is started again whenever it dies, as a Deployment would, and is told again what the hub wants: the
 * newest desired state, and every operation that has no result yet.
 */
export class MortalAgent {
  readonly #options: EngineProcessOptions;
  #process: ChildProcess;
  #isClosed = false;
  #wish: Wish | undefined;
  /** Points for processes to come: each dies once. */
  #kills: KillPoint[] = [];
  #statuses = new Map<string, ApplicationStatus>();
  readonly #results = new Map<string, OperationResult>();
  #idleId = 0;
  #idle: { readonly id: number; readonly counts: WriteCounts } | undefined;
  readonly #log: string[] = [];
  /** How often it died. */
  deaths = 0;
  /** Why it can't go on, where it ended by itself. */
  #failure: string | undefined;

  constructor(options: EngineProcessOptions) {
    this.#options = options;
    this.#process = this.#start();
  }

  status(application: string): ApplicationStatus | undefined {
    return this.#statuses.get(application);
  }

  result(id: string): OperationResult | undefined {
    return this.#results.get(id);
  }

  /** The next desired state. The process dies at the first point, the one after it at the second, and so on. */
  want(
    applications: readonly DesiredApplication[],
    operations: readonly EngineOperation[] = [],
    kills: readonly KillPoint[] = [],
  ): void {
    this.#kills = [...kills];
    this.#wish = { type: 'want', generation: (this.#wish?.generation ?? 0) + 1, applications, operations };
    this.#sendWish();
  }

  /** Kills it from outside, now. */
  kill(): void {
    this.#process.kill('SIGKILL');
  }

  /** Resolves when what it was asked for is done, by its own word, and nothing is left to do. */
  async untilDone(isDone: (agent: MortalAgent) => boolean = isAsWanted): Promise<WriteCounts> {
    let asked = 0;
    let deaths = this.deaths;
    return waitUntil(
      'the agent has done what it was asked for',
      () => {
        if (this.#failure !== undefined) throw new Error(`${this.#failure}\n${this.#detail()}`);
        if (!isDone(this) || deaths !== this.deaths) {
          asked = 0;
          deaths = this.deaths;
          return undefined;
        }
        if (asked === 0) asked = this.#askIdle();
        return this.#idle?.id === asked ? this.#idle.counts : undefined;
      },
      { limitMs, everyMs: 15, detail: () => this.#detail() },
    );
  }

  get wish(): Wish | undefined {
    return this.#wish;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const child = this.#process;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  #start(): ChildProcess {
    // What an earlier process said of itself proves nothing about this one.
    this.#statuses = new Map();
    this.#idle = undefined;
    const child = fork(program, [JSON.stringify(this.#options)], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    child.stderr?.on('data', (text: Buffer) => this.#note(`stderr: ${text.toString('utf8')}`));
    child.on('message', (message: FromEngine) => {
      if (child === this.#process) this.#take(message);
    });
    child.on('exit', (code, signal) => this.#ended(code, signal));
    return child;
  }

  #take(message: FromEngine): void {
    if (message.type === 'log') this.#note(message.text);
    else if (message.type === 'idle') this.#noteIdle(message);
    else this.#keep(message.report);
  }

  /** Of two questions the later may be answered first. */
  #noteIdle(answer: { readonly id: number; readonly counts: WriteCounts }): void {
    if (answer.id > (this.#idle?.id ?? 0)) this.#idle = answer;
  }

  #keep(report: Report): void {
    if (report.type === 'application') this.#statuses.set(report.status.application, report.status);
    if (report.type === 'operation') this.#results.set(report.result.id, report.result);
  }

  #ended(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#isClosed) return;
    if (signal !== 'SIGKILL') {
      this.#failure = `the agent ended by itself: code ${code}, signal ${signal}`;
      return;
    }
    this.deaths += 1;
    this.#note(`killed for the ${this.deaths}. time`);
    this.#process = this.#start();
    this.#sendWish();
  }

  #sendWish(): void {
    const wish = this.#wish;
    if (wish === undefined) return;
    const open = wish.operations.filter(({ id }) => !isEnd(this.#results.get(id)));
    const kill = this.#kills.shift();
    this.#send({ ...wish, operations: open, ...(kill === undefined ? {} : { kill }) });
  }

  #askIdle(): number {
    this.#idleId += 1;
    this.#send({ type: 'when-idle', id: this.#idleId });
    return this.#idleId;
  }

  #send(message: ToEngine): void {
    // One that dies meanwhile is told again by the next.
    this.#process.send(message, () => undefined);
  }

  #note(text: string): void {
    this.#log.push(text);
    if (this.#log.length > 60) this.#log.shift();
  }

  #detail(): string {
    return [...this.#log, JSON.stringify([...this.#statuses.values()], undefined, 1)].join('\n');
  }
}

function isEnd(result: OperationResult | undefined): boolean {
  return result !== undefined && isFinal(result.phase);
}

/** Every application is as Git says, or gone as Git says, and every operation has ended. */
export function isAsWanted(agent: MortalAgent): boolean {
  const { applications = [], operations = [] } = agent.wish ?? {};
  const areApplied = applications.every((desired) => {
    const status = agent.status(desired.application);
    const wanted = digest(encodeDesired(desired));
    if (status?.digest !== wanted) return false;
    if (desired.removal !== undefined) return status.removal === 'done';
    return status.appliedDigest === wanted && status.sync === 'Synced';
  });
  return areApplied && operations.every(({ id }) => isEnd(agent.result(id)));
}
