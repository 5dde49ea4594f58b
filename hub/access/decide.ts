import type { AccessRule, PolicyOrigin } from '../catalog/access-rule.ts';
import type { Access } from './access.ts';
import { compilePattern } from './compile-pattern.ts';
import type { Subject } from './subject.ts';

/** May this be done to that? */
export interface Question {
  /** `get`, `sync`, `action/apps/Deployment/restart`, … */
  readonly verb: string;
  readonly resource: string;
  /** `PROJECT/NAME` of an application, a project's name, …; several where one thing has several names: any may be meant. */
  readonly objects: readonly string[];
}

/** The line that decided, and how the subject comes to it: `alice → payments-team → role:deployer`. */
export interface Grounds extends PolicyOrigin {
  readonly via: readonly string[];
}

export type Verdict =
  | { readonly type: 'allowed'; readonly by: 'administrator' | Grounds }
  /** Without grounds nothing allows it; with them a line denies it. */
  | { readonly type: 'denied'; readonly by?: Grounds };

/** What a subject has: its rules, those of the default role apart, since nobody can be denied that. */
export interface Rights {
  readonly subject: Subject;
  readonly byDefault: readonly Held[];
  readonly own: readonly Held[];
}

interface Held {
  readonly rule: AccessRule;
  readonly via: readonly string[];
}

/**
 * Argo CD's decision (util/rbac): the default role is asked first and by itself, and what it allows nobody can be denied;
 * then a denial beats every allowance, whichever comes first. Unlike Argo CD, which asks for the person and for each of
 * its groups by itself, a denial of any of them counts for all.
 */
export function decide(access: Access, subject: Subject, question: Question): Verdict {
  return permissionOf(rightsOf(access, subject), question)(question.objects);
}

export function rightsOf(access: Access, subject: Subject): Rights {
  if (subject.type === 'administrator') return { subject, byDefault: [], own: [] };
  const { defaultRole } = access;
  return {
    subject,
    byDefault: defaultRole === undefined ? [] : heldBy(access, [['the default role', defaultRole]]),
    own: heldBy(access, [
      [subject.name],
      ...subject.groups.map((group) => (group === subject.name ? [group] : [subject.name, group])),
    ]),
  };
}

/** Asks for many objects of one kind: what doesn't depend on the object is found once. */
export function permissionOf(
  rights: Rights,
  { verb, resource }: Pick<Question, 'verb' | 'resource'>,
): (objects: readonly string[]) => Verdict {
  if (rights.subject.type === 'administrator') return () => ({ type: 'allowed', by: 'administrator' });
  const byDefault = judge(rights.byDefault, verb, resource);
  const own = judge(rights.own, verb, resource);
  return (objects) => {
    const first = byDefault(objects);
    return first.type === 'allowed' ? first : own(objects);
  };
}

/** Every rule that begins at one of the names, however many bindings lie between. The shortest way is told. */
function heldBy(access: Access, starts: readonly (readonly string[])[]): readonly Held[] {
  const seen = new Set<string>();
  const waiting = [...starts];
  const held: Held[] = [];
  for (let via = waiting.shift(); via !== undefined; via = waiting.shift()) {
    const name = via.at(-1) ?? '';
    if (seen.has(name)) continue;
    seen.add(name);
    const way = via;
    held.push(...(access.rules.get(name) ?? []).map((rule) => ({ rule, via: way })));
    waiting.push(...(access.bindings.get(name) ?? []).map(({ role }) => [...way, role]));
  }
  return held;
}

function judge(
  all: readonly Held[],
  verb: string,
  resource: string,
): (objects: readonly string[]) => Verdict {
  const meant = all.filter(
    ({ rule }) => compilePattern(rule.resource)(resource) && compilePattern(rule.action)(verb),
  );
  const entries = meant.map((held) => ({ held, fits: compilePattern(held.rule.object) }));
  const denials = entries.filter(({ held }) => held.rule.effect === 'deny');
  const allowances = entries.filter(({ held }) => held.rule.effect === 'allow');
  return (objects) => {
    const denial = denials.find(({ fits }) => objects.some(fits));
    if (denial !== undefined) return { type: 'denied', by: groundsOf(denial.held) };
    const allowance = allowances.find(({ fits }) => objects.some(fits));
    return allowance === undefined ? { type: 'denied' } : { type: 'allowed', by: groundsOf(allowance.held) };
  };
}

function groundsOf({ rule, via }: Held): Grounds {
  return { ...rule.origin, via };
}
