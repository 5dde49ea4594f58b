import { AppError } from '../../core/error.ts';
import { applicationLabel } from '../../core/tracking.ts';

/** An application of one environment, as far as its name goes. */
export interface Member {
  /** `namespace/name`. */
  readonly application: string;
  readonly name: string;
  readonly project: string;
  readonly cluster: string;
  readonly environment: string;
  /** What its document says by the label `fairlead.dev/application`. */
  readonly label?: string;
}

export interface Counterparts {
  /** What the applications have in common. */
  readonly name: string;
  readonly from: readonly Member[];
  readonly to: readonly Member[];
}

/**
 * What an application is called whatever its environment: its label, else its name without the cluster's and the
 * environment's name in front or behind (`payments-prod`, `prod-payments` → `payments`).
 */
export function commonName({ label, name, cluster, environment }: Member): string {
  if (label !== undefined && label !== '') return label;
  for (const word of [cluster, environment]) {
    if (word === '') continue;
    if (name.endsWith(`-${word}`)) return name.slice(0, -word.length - 1);
    if (name.startsWith(`${word}-`)) return name.slice(word.length + 1);
  }
  return name;
}

/**
 * Finds the applications of two environments that are one to people. `key` is their common name, or one of them by its
 * key, its name or `cluster/name`. Throws AppError `not-found`, `conflict` or `invalid` that lists what there is.
 */
export function findCounterparts(
  members: readonly Member[],
  environments: readonly string[],
  { key, from, to }: { readonly key: string; readonly from: string; readonly to: string },
): Counterparts {
  for (const environment of [from, to]) {
    if (environments.includes(environment)) continue;
    throw new AppError('not-found', 'there is no such environment', {
      subject: environment,
      remedy: `The Fleet document names ${listOf(environments)}`,
    });
  }
  if (from === to) {
    throw new AppError('invalid', 'source and target are the same environment', {
      subject: from,
      remedy: `Name two of ${listOf(environments)}`,
    });
  }
  const named = membersCalled(members, key);
  const names = [...new Set(named.map(commonName))];
  const [name] = names;
  if (name === undefined) throw unknownApplication(members, key);
  if (names.length > 1) throw ambiguous(key, named);
  const projects = new Set(named.map(({ project }) => project));
  const all = members.filter((member) => commonName(member) === name && projects.has(member.project));
  if (projects.size > 1) throw ambiguous(key, all);
  const [source, target] = [from, to].map((environment) =>
    all.filter((each) => each.environment === environment),
  );
  if (source === undefined || source.length === 0) throw absentIn(name, from, all);
  if (target === undefined || target.length === 0) throw absentIn(name, to, all);
  return { name, from: source, to: target };
}

/** One application by its key; else those of a name, else those of a common name. */
function membersCalled(members: readonly Member[], key: string): readonly Member[] {
  const ways: readonly ((member: Member) => boolean)[] = [
    ({ application }) => application === key,
    ({ name, cluster }) => `${cluster}/${name}` === key,
    (member) => commonName(member) === key,
    ({ name }) => name === key,
  ];
  for (const way of ways) {
    const found = members.filter(way);
    if (found.length > 0) return found;
  }
  return [];
}

function unknownApplication(members: readonly Member[], key: string): AppError {
  const names = [...new Set(members.map(commonName))].sort();
  const shown =
    names.length > 10 ? `${listOf(names.slice(0, 10))} and ${names.length - 10} more` : listOf(names);
  return new AppError('not-found', 'there is no such application', {
    subject: key,
    remedy: names.length === 0 ? 'Commit an Application document first' : `There are ${shown}`,
  });
}

function ambiguous(key: string, found: readonly Member[]): AppError {
  return new AppError('conflict', `${found.length} applications are called so, which are not one`, {
    subject: key,
    remedy: `Name one of them whole: ${listOf(found.map(({ application }) => application))}`,
  });
}

function absentIn(name: string, environment: string, all: readonly Member[]): AppError {
  const places = all.map((each) => `${each.application} in ${each.environment || 'no environment'}`);
  return new AppError('not-found', `${name} has no application in ${environment}`, {
    subject: name,
    remedy: `There is ${listOf(places)}. One of another name belongs to it by the label ${applicationLabel}: ${name}`,
  });
}

function listOf(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}
