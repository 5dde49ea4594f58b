import type { Report } from '../core/session.ts';
import type { SyncStatus } from '../core/status.ts';
import type { DesiredSet } from './ports.ts';
import type { AgentFigures } from './probe/figures.ts';

/** Collects what the probes tell where it passes by: reports, desired states, the state of the hub. */
export class FigureGatherer {
  readonly #now: () => Date;
  readonly #applications = new Map<string, { readonly sync: SyncStatus; readonly drifts: number }>();
  #generation = 0;
  #isGranted = false;
  #isConnected = false;
  #lastContactMs: number | undefined;
  #claimProblem: string | undefined;

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** The cluster is this agent's, or is only looked at. */
  granted(): void {
    this.#isGranted = true;
  }

  claimProblem(problem: string | undefined): void {
    this.#claimProblem = problem;
  }

  hubState(connected: boolean): void {
    if (connected || this.#isConnected) this.#lastContactMs = this.#now().getTime();
    this.#isConnected = connected;
  }

  inForce({ generation, applications }: DesiredSet): void {
    this.#generation = generation;
    for (const name of this.#applications.keys()) {
      if (!applications.has(name)) this.#applications.delete(name);
    }
  }

  reported(report: Report): void {
    if (report.type !== 'application') return;
    const { application, sync, drifts, removal } = report.status;
    if (removal === 'done') this.#applications.delete(application);
    else this.#applications.set(application, { sync, drifts: drifts.length });
  }

  figures(unsentReports: number): AgentFigures {
    const known = [...this.#applications.values()];
    const count = (sync: SyncStatus): number => known.filter((each) => each.sync === sync).length;
    return {
      unready: this.#unready(),
      hubConnected: this.#isConnected,
      lastContactMs: this.#isConnected ? this.#now().getTime() : this.#lastContactMs,
      generation: this.#generation,
      applications: { Synced: count('Synced'), OutOfSync: count('OutOfSync'), Unknown: count('Unknown') },
      openDrifts: known.reduce((sum, { drifts }) => sum + drifts, 0),
      unsentReports,
    };
  }

  /** Losing the hub later doesn't count: what is in force is kept without it. */
  #unready(): string | undefined {
    if (!this.#isGranted) return this.#claimProblem ?? 'the cluster is not claimed yet';
    if (this.#generation > 0 || this.#lastContactMs !== undefined) return undefined;
    return 'no desired state is in force, and the hub was not reached since the start';
  }
}
