import type { Gate } from '../../core/gate.ts';
import type { Hold } from '../../core/hold.ts';

/** What decides whether anything of an application may be written now, apart from its mode. */
export interface WriteFacts {
  /** The hub's holds that are running, of this application or of its whole cluster. */
  readonly holds: readonly Hold[];
  /** What its sync windows say, where they say no. */
  readonly window?: Gate;
}

/** What keeps an application from being written to now; none: it may be. */
export function writeGates({ holds, window }: WriteFacts): readonly Gate[] {
  const held = [...holds].sort((left, right) => (left.until < right.until ? 1 : -1)).map(gateOf);
  return window === undefined ? held : [...held, window];
}

function gateOf(hold: Hold): Gate {
  const scope = hold.application === undefined ? ` (all of cluster ${hold.cluster})` : '';
  return {
    kind: 'hold',
    id: hold.id,
    reason: `${hold.reason}${scope}`,
    owner: hold.heldBy,
    since: hold.since,
    until: hold.until,
    remedy: `Wait, or end it: fairlead hold end ${hold.id}`,
  };
}
