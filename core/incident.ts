/** What people can be alerted to. */
export const triggers = [
  'drift',
  'sync-failed',
  'degraded',
  'refused',
  'brake',
  'agent-silent',
] as const satisfies readonly string[];

export type Trigger = (typeof triggers)[number];

/** From most to least urgent. */
export const severities = ['critical', 'warning', 'info'] as const satisfies readonly string[];

export type Severity = (typeof severities)[number];

/** The more urgent of two. */
export function moreSevere(left: Severity, right: Severity): Severity {
  return severities.indexOf(left) <= severities.indexOf(right) ? left : right;
}

/** What it is about: an application on its cluster, or a cluster as a whole. Facts that routes are chosen by. */
export interface IncidentSubject {
  /** `namespace/name`; absent where it is about a cluster. */
  readonly application?: string;
  /** '' where an application's destination names no known cluster. */
  readonly cluster: string;
  readonly environment: string;
  readonly project?: string;
  /** As people wrote it on the Application. */
  readonly owner?: string;
}
