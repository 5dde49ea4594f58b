import { AppError } from '../core/error.ts';
import type { Log } from '../core/log.ts';
import { claimCluster } from './apply/claim-cluster.ts';
import type { ClusterClaim } from './plan/judge-claims.ts';
import type { KubePort } from './ports.ts';

const retryMs = 10_000;

export interface ClaimOptions {
  readonly kube: KubePort;
  readonly claim: ClusterClaim;
  readonly log: Log;
  /** What keeps this agent from its cluster; `undefined` once nothing does. */
  readonly onProblem: (problem: string | undefined) => void;
}

/** Asks for the cluster until it is this agent's. Nothing may be applied before `granted` resolves. */
export class ClusterClaimant {
  readonly granted: Promise<void>;
  readonly #options: ClaimOptions;
  #grant: () => void = () => undefined;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;
  #told: string | undefined;

  constructor(options: ClaimOptions) {
    this.#options = options;
    this.granted = new Promise((resolve) => {
      this.#grant = resolve;
    });
    void this.#ask();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #ask(): Promise<void> {
    const problem = await this.#problem();
    if (this.#isClosed) return;
    if (problem !== this.#told) this.#options.onProblem(problem);
    if (problem !== undefined && problem !== this.#told)
      this.#options.log.warn({ problem }, 'the cluster is not claimed');
    this.#told = problem;
    if (problem === undefined) return this.#grant();
    this.#timer = setTimeout(() => void this.#ask(), retryMs);
  }

  async #problem(): Promise<string | undefined> {
    const { kube, claim } = this.#options;
    try {
      const result = await claimCluster(kube, claim);
      if (result.type === 'ours') return undefined;
      return result.type === 'taken' ? result.problem : `the cluster can't be claimed: ${result.message}`;
    } catch (error) {
      return `the cluster can't be claimed: ${AppError.from(error).message}`;
    }
  }
}
