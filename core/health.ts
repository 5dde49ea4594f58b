/** Argo CD's words for the health of an object or an application. */
export type HealthStatus = 'Healthy' | 'Suspended' | 'Progressing' | 'Missing' | 'Degraded' | 'Unknown';

export interface Health {
  readonly status: HealthStatus;
  /** The deepest reason known, in a sentence; empty when there is nothing to say. */
  readonly message: string;
  /**
   * The same for programs, one word as Kubernetes writes reasons: `ImagePullBackOff`, `ProgressDeadlineExceeded`,
   * `NotObserved`. Absent when healthy, and from agents of before.
   */
  readonly reason?: string;
  /** Set where what comes after it doesn't wait for it: some kinds stay in progress for good in many clusters. */
  readonly gating?: false;
}

/** From best to worst, as Argo CD orders them (gitops-engine, pkg/health). */
export const healthOrder: readonly HealthStatus[] = [
  'Healthy',
  'Suspended',
  'Progressing',
  'Missing',
  'Degraded',
  'Unknown',
];

/** The worse of two; the first where they are equal. */
export function worseHealth(left: Health, right: Health): Health {
  return healthOrder.indexOf(right.status) > healthOrder.indexOf(left.status) ? right : left;
}
