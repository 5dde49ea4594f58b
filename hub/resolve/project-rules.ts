import { matchesGlob } from '../../core/glob.ts';
import type { ObjectRef } from '../../core/object-ref.ts';
import type { KindRule, ProjectDocument } from '../catalog/documents.ts';
import { normaliseGitUrl } from './normalise-git-url.ts';

/** What a project says: yes, or no by the field that says so (the list itself where no entry allows it). */
export type Verdict =
  | { readonly type: 'allowed' }
  | { readonly type: 'denied'; readonly field: string; readonly pattern?: string };

const allowed: Verdict = { type: 'allowed' };

/**
 * Whether a project allows a repository. As Argo CD (AppProject.IsSourcePermitted): at least one entry matches and no
 * `!` entry denies; `*` alone is everything, and a list of denials alone allows the rest. As Argo CD's documentation has
 * it, and stricter than its code: beside an allowance a denial that doesn't hit allows nothing.
 */
export function judgeSource(project: ProjectDocument, repoURL: string): Verdict {
  const url = normaliseGitUrl(repoURL);
  let isMatched = project.sourceRepos.length > 0 && project.sourceRepos.every(denies);
  for (const [index, pattern] of project.sourceRepos.entries()) {
    const bare = normaliseGitUrl(denies(pattern) ? pattern.slice(1) : pattern);
    const isHit = bare === '*' || matchesGlob(bare, url, 'repository');
    if (denies(pattern) && isHit) return { type: 'denied', field: `spec.sourceRepos[${index}]`, pattern };
    if (isHit) isMatched = true;
  }
  return isMatched ? allowed : { type: 'denied', field: 'spec.sourceRepos' };
}

function denies(pattern: string | undefined): boolean {
  return pattern?.startsWith('!') === true;
}

/** A cluster as projects name it. */
export interface Target {
  readonly cluster: string;
  readonly servers: readonly string[];
}

/**
 * Whether a project allows a namespace on a cluster. As Argo CD (AppProject.IsDestinationPermitted): an entry matches
 * when its server or its name does, and its namespace does. An entry whose `!` pattern hits the name denies whatever its
 * namespace says (Argo CD's own quirk), one that hits the server where its namespace matches, one that hits the namespace
 * on the clusters that it names. Stricter than Argo CD: a denial counts even where the entry matches by its other field,
 * one of a server without a namespace is for all of them, and beside an allowance one that doesn't hit allows nothing.
 */
export function judgeDestination(project: ProjectDocument, target: Target, namespace: string): Verdict {
  const isDenialsOnly = project.destinations.every(isDenial);
  let isMatched = false;
  for (const [index, entry] of project.destinations.entries()) {
    const denial = deniedBy(entry, target, namespace);
    if (denial !== undefined) {
      const field = `spec.destinations[${index}].${denial}`;
      return { type: 'denied', field, pattern: entry[denial] ?? '' };
    }
    if (isDenial(entry) && !isDenialsOnly) continue;
    const isTarget = matchesServer(entry.server, target.servers) || matchesName(entry.name, target.cluster);
    if (isTarget && matchesName(entry.namespace, namespace)) isMatched = true;
  }
  return isMatched ? allowed : { type: 'denied', field: 'spec.destinations' };
}

type Entry = ProjectDocument['destinations'][number];

function isDenial({ server, name, namespace }: Entry): boolean {
  return denies(server) || denies(name) || denies(namespace);
}

function deniedBy(entry: Entry, target: Target, namespace: string): keyof Entry | undefined {
  if (isDenied(entry.name, target.cluster)) return 'name';
  const isHit = target.servers.some((server) => isDenied(entry.server, server));
  if (isHit && (entry.namespace === undefined || matchesName(entry.namespace, namespace))) return 'server';
  const isTarget = matchesServer(entry.server, target.servers) || matchesName(entry.name, target.cluster);
  return isTarget && isDenied(entry.namespace, namespace) ? 'namespace' : undefined;
}

/** A cluster without addresses is meant by entries that mean every server. */
function matchesServer(pattern: string | undefined, servers: readonly string[]): boolean {
  const bare = pattern?.startsWith('!') ? pattern : pattern?.replace(/\/+$/, '');
  return (servers.length === 0 ? [''] : servers).some((server) => matchesName(bare, server));
}

function matchesName(pattern: string | undefined, text: string): boolean {
  if (pattern === undefined) return false;
  return pattern.startsWith('!')
    ? !matchesGlob(pattern.slice(1), text, 'name')
    : matchesGlob(pattern, text, 'name');
}

function isDenied(pattern: string | undefined, text: string): boolean {
  return pattern !== undefined && denies(pattern) && matchesGlob(pattern.slice(1), text, 'name');
}

/**
 * Whether a project allows a kind, and for cluster-scoped objects the name. As Argo CD
 * (AppProject.IsGroupKindNamePermitted): cluster-scoped kinds need an entry, namespaced kinds are allowed where the
 * whitelist is absent; blacklists deny.
 */
export function judgeKind(
  project: ProjectDocument,
  object: Pick<ObjectRef, 'group' | 'kind' | 'name'>,
  scope: 'cluster' | 'namespaced',
): Verdict {
  const prefix = scope === 'cluster' ? 'clusterResource' : 'namespaceResource';
  const whitelist =
    scope === 'cluster' ? project.clusterResourceWhitelist : project.namespaceResourceWhitelist;
  const blacklist =
    scope === 'cluster' ? project.clusterResourceBlacklist : project.namespaceResourceBlacklist;
  const denial = blacklist.findIndex((rule) => matchesRule(rule, object));
  if (denial >= 0) return { type: 'denied', field: `spec.${prefix}Blacklist[${denial}]` };
  const isListed = whitelist === undefined || whitelist.some((rule) => matchesRule(rule, object));
  return isListed ? allowed : { type: 'denied', field: `spec.${prefix}Whitelist` };
}

function matchesRule(rule: KindRule, object: Pick<ObjectRef, 'group' | 'kind' | 'name'>): boolean {
  return (
    matchesGlob(rule.kind, object.kind, 'kind') &&
    matchesGlob(rule.group, object.group, 'kind') &&
    (rule.name === undefined || matchesGlob(rule.name, object.name, 'kind'))
  );
}
