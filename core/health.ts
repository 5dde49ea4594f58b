/** Argo CD's words for the health of an object or an application. */
export type HealthStatus = 'Healthy' | 'Suspended' | 'Progressing' | 'Missing' | 'Degraded' | 'Unknown';

export interface Health {
  readonly status: HealthStatus;
  /** The deepest reason known, in a sentence; empty when healthy. */
  readonly message: string;
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
