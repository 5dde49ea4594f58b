/** Who asks. People from a login service will be `person`s too, with the groups that it tells. */
export type Subject =
  /** Whoever holds the admin token. No policy takes anything from it, so that nobody can lock themselves out. */
  { readonly type: 'administrator' } | Person;

export interface Person {
  readonly type: 'person';
  readonly name: string;
  readonly groups: readonly string[];
}

/** How the administrator is called where a name is shown or asked for. */
export const administratorName = 'admin';

/** Roles are no people: whoever were called so would have what the role has. */
export function isRoleName(name: string): boolean {
  return name.startsWith('role:') || name.startsWith('proj:');
}
