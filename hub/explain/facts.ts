import type { ObjectRef } from '../../core/object-ref.ts';
import type { Location, Problem } from '../../core/problem.ts';
import type { ApplicationStatus } from '../../core/status.ts';
import type { Viewer } from '../../core/time-text.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { Link } from '../drift/summarise.ts';
import type { ApplicationRecord, SourceState } from '../ports.ts';

/** Everything that an explanation may speak of. */
export interface ExplainFacts {
  readonly record: ApplicationRecord;
  /** Absent until the agent reported it. */
  readonly status: ApplicationStatus | undefined;
  readonly link: Link;
  /** Absent until the fleet repository was read. */
  readonly catalog: Pick<Catalog, 'projects' | 'clusters' | 'problems'> | undefined;
  /** Of the fleet repository; absent where the hub does not know which of its sources that is. */
  readonly fleet: SourceState | undefined;
  /** The commit of the fleet repository that is in force. */
  readonly fleetCommit: string | undefined;
  /** The one object that is explained, and where Git declares it; without it the whole application. */
  readonly object?: ExplainedObject;
  readonly viewer: Viewer;
}

export interface ExplainedObject {
  readonly ref: ObjectRef;
  /** Where Git declares it. `unknown`: the desired state is not at hand. */
  readonly declared:
    | { readonly type: 'at'; readonly location: Location }
    | { readonly type: 'gone' | 'unknown' };
}

/** The problems of documents in one file. */
export function problemsIn(facts: ExplainFacts, file: string): readonly Problem[] {
  return facts.catalog?.problems.filter(({ location }) => location?.file === file) ?? [];
}
