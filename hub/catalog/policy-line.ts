import { isGlob, isWildcard } from '../../core/glob.ts';
import type { Problem } from '../../core/problem.ts';
import type { AccessBinding, AccessRule, MatchMode } from './access-rule.ts';
import { patternProblem } from './check-pattern.ts';
import { didYouMean } from './did-you-mean.ts';

export type PolicyLine =
  | ({ readonly type: 'rule' } & Omit<AccessRule, 'origin'>)
  | ({ readonly type: 'binding' } & Omit<AccessBinding, 'origin'>)
  /** An empty line or a comment. */
  | { readonly type: 'nothing' }
  | { readonly type: 'problem'; readonly problem: Pick<Problem, 'code' | 'message' | 'remedy'> };

/** What Argo CD's policies speak of. */
export const accessResources: readonly string[] = [
  'accounts',
  'applications',
  'applicationsets',
  'certificates',
  'clusters',
  'exec',
  'extensions',
  'gpgkeys',
  'logs',
  'projects',
  'repositories',
  'write-repositories',
];

/** What may be done; those in the second list may go on with `/GROUP/KIND/…`. */
export const accessVerbs: readonly string[] = [
  'get',
  'create',
  'update',
  'delete',
  'sync',
  'override',
  'rollback',
  'action',
  'invoke',
  'debug',
];
const fineGrained: readonly string[] = ['action', 'update', 'delete'];

/** Their objects are `PROJECT/NAME`, or `PROJECT/NAMESPACE/NAME` for an Application outside of `argocd`. */
export const ofProjects: readonly string[] = ['applications', 'applicationsets', 'logs', 'exec'];

const ruleForm = 'p, SUBJECT, RESOURCE, ACTION, OBJECT, allow or deny';
const bindingForm = 'g, MEMBER, ROLE';

/** One line of Argo CD's policy.csv (util/rbac: encoding/csv with leading spaces trimmed). */
export function parsePolicyLine(text: string, match: MatchMode): PolicyLine {
  const line = text.trim();
  if (line === '' || line.startsWith('#')) return { type: 'nothing' };
  const values = splitCsv(line);
  if (values === undefined) {
    return wrong('A quotation mark stands alone', 'Quote a whole value, and double the marks inside of it');
  }
  const spaced = values.find((value) => value !== value.trimEnd());
  if (spaced !== undefined) {
    return wrong(
      `${JSON.stringify(spaced)} ends with a space, which would be part of it`,
      'Remove the space',
    );
  }
  if (values.includes('')) return wrong('A value is empty', `Write ${ruleForm}, or ${bindingForm}`);
  const [kind, ...rest] = values;
  if (kind === 'p') return parseRule(rest, match);
  if (kind === 'g') return parseBinding(rest);
  return wrong(`A line begins with p or g, not with ${kind}`, `Write ${ruleForm}, or ${bindingForm}`);
}

function parseRule(values: readonly string[], match: MatchMode): PolicyLine {
  const [subject = '', resource = '', action = '', object = '', effect = ''] = values;
  if (values.length !== 5) {
    return wrong(`A rule has 5 values after its p, and this one has ${values.length}`, `Write ${ruleForm}`);
  }
  if (effect !== 'allow' && effect !== 'deny') {
    return wrong(`The effect is allow or deny, not ${effect}`, `Write ${ruleForm}`);
  }
  const problem =
    badPattern([resource, action, object], match) ??
    (match === 'glob' ? wordProblem(resource, action, object) : undefined);
  return problem ?? { type: 'rule', subject, resource, action, object, effect, match };
}

function parseBinding(values: readonly string[]): PolicyLine {
  const [member = '', role = ''] = values;
  if (values.length === 2) return { type: 'binding', member, role };
  return wrong(
    `A binding has 2 values after its g, and this one has ${values.length}`,
    `Write ${bindingForm}`,
  );
}

function badPattern(patterns: readonly string[], match: MatchMode): PolicyLine | undefined {
  const bad = match === 'glob' ? patterns.find((pattern) => !isGlob(pattern, 'name')) : undefined;
  return bad === undefined ? undefined : { type: 'problem', problem: patternProblem(bad) };
}

/** A denial with a slip would deny nothing: words that nothing is called by are problems, not lines without effect. */
function wordProblem(resource: string, action: string, object: string): PolicyLine | undefined {
  if (!isWildcard(resource) && !accessResources.includes(resource)) {
    return wrong(
      `There is no resource ${resource}`,
      didYouMean(resource, accessResources) ?? `Resources are ${accessResources.join(', ')}`,
    );
  }
  const [verb = '', ...rest] = action.split('/');
  const isKnown = accessVerbs.includes(verb) && (rest.length === 0 || fineGrained.includes(verb));
  if (!isWildcard(verb) && !isKnown) {
    return wrong(
      `There is no action ${action}`,
      didYouMean(verb, accessVerbs) ?? `Actions are ${accessVerbs.join(', ')}`,
    );
  }
  if (ofProjects.includes(resource) && !isWildcard(object) && !object.includes('/')) {
    return wrong(
      `${object} names none of the ${resource}, which are called PROJECT/NAME`,
      `Write PROJECT/${object}, or ${object}/* for all of a project`,
    );
  }
  return undefined;
}

function wrong(message: string, remedy: string, code = 'wrong-value'): PolicyLine {
  return { type: 'problem', problem: { code, message, remedy } };
}

/** The values of a line; `undefined` where a quotation mark stands where none may. */
function splitCsv(line: string): readonly string[] | undefined {
  const values: string[] = [];
  let rest = line;
  for (;;) {
    rest = rest.trimStart();
    const found = /^"((?:[^"]|"")*)"(?=,|$)|^[^",]*(?=,|$)/.exec(rest);
    if (found === null) return undefined;
    values.push(found[1]?.replaceAll('""', '"') ?? found[0]);
    rest = rest.slice(found[0].length);
    if (rest === '') return values;
    rest = rest.slice(1);
    if (rest === '') return [...values, ''];
  }
}
