import type { Location } from '../../core/problem.ts';

/** A line of a policy as it is written, and where. Built-in lines stand nowhere. */
export interface PolicyOrigin {
  readonly text: string;
  readonly location?: Location;
}

/** How the values of a line match: Argo CD's `policy.matchMode`. */
export type MatchMode = 'glob' | 'regex';

/** `p, subject, resource, action, object, effect`. All but subject and effect are patterns. */
export interface AccessRule {
  /** A person, a group or a role (`role:NAME`, `proj:PROJECT:ROLE`); compared as it is. */
  readonly subject: string;
  readonly resource: string;
  readonly action: string;
  readonly object: string;
  readonly effect: 'allow' | 'deny';
  readonly match: MatchMode;
  readonly origin: PolicyOrigin;
}

/** `g, member, role`: a person, a group or a role has what another role has. */
export interface AccessBinding {
  readonly member: string;
  readonly role: string;
  readonly origin: PolicyOrigin;
}

/** Of an AppProject: Argo CD's `roles`. Speaks of its own project only. */
export interface ProjectRole {
  readonly name: string;
  readonly description: string;
  readonly rules: readonly AccessRule[];
  readonly bindings: readonly AccessBinding[];
}
