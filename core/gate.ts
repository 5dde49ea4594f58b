import type { ObjectRef } from './object-ref.ts';
import type { Location } from './problem.ts';

/** What holds an application back. One shape for all, so that every list, page and alert treats them alike. */
export interface Gate {
  /** What a person names it by, where one can do something about this very gate. */
  readonly id?: string;
  readonly kind: 'refusal' | 'frozen' | 'brake' | 'conflict' | 'guard' | 'hold' | 'window' | 'decommission';
  /** Why, in one sentence with its subject: `project platform doesn't allow namespace kube-system`. */
  readonly reason: string;
  /** The rule or document that decided, where there is one. */
  readonly location?: Location;
  /** Who put it there: a project, a person, an environment. */
  readonly owner?: string;
  /** ISO 8601, UTC. */
  readonly since?: string;
  readonly until?: string;
  /** What it holds, where that is a set of objects: of a brake exactly what its id stands for. */
  readonly objects?: readonly ObjectRef[];
  /** What to do to clear it, in one sentence. */
  readonly remedy: string;
}
