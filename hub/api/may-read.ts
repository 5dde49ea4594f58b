import type { QueryRequest } from '../../core/query.ts';

/** Somebody who wants to look into a cluster. */
export interface Reading {
  /** As `requester` names them. */
  readonly person: string;
  readonly cluster: string;
  /** Its key, `namespace/name`. */
  readonly application: string;
  readonly project: string;
  readonly what: QueryRequest['type'];
}

export type Permission = { readonly type: 'allowed' } | { readonly type: 'denied'; readonly reason: string };

/**
 * The one place that decides who may look at what: every query passes here before it is sent. Who holds the API's token may
 * look at everything; rules of access are asked here once there are any.
 */
export function mayRead(_reading: Reading): Permission {
  return { type: 'allowed' };
}
