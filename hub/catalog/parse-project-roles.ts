import { formatLocation } from '../../core/problem.ts';
import type { AccessBinding, AccessRule, PolicyOrigin, ProjectRole } from './access-rule.ts';
import {
  addProblem,
  checkFields,
  type Fields,
  objectList,
  requiredString,
  stringField,
  stringList,
} from './fields.ts';
import { parsePolicyLine } from './policy-line.ts';

/** Argo CD's project_types.go: what a project's role may speak of. */
const resources: readonly string[] = [
  'applications',
  'applicationsets',
  'clusters',
  'exec',
  'logs',
  'repositories',
];
const rolePattern = /^[a-zA-Z0-9]([-_a-zA-Z0-9]*[a-zA-Z0-9])?$/;

/** `spec.roles` of an AppProject. A line that speaks of another project or role is a problem, as in Argo CD. */
export function readProjectRoles(spec: Fields, project: string): readonly ProjectRole[] {
  const seen = new Map<string, string>();
  return (objectList(spec, 'roles') ?? []).flatMap((fields) => {
    checkFields(fields, { read: ['name', 'description', 'policies', 'groups'], ignored: ['jwtTokens'] });
    const name = requiredString(fields, 'name', 'Give the role a name');
    if (name === '') return [];
    const before = seen.get(name);
    const location = fieldLocation(fields, 'name');
    if (before !== undefined) {
      addProblem(fields, 'name', {
        code: 'duplicate',
        message: `The role ${name} is there twice, first at ${before}`,
        remedy: 'Put their policies and groups together',
      });
    }
    seen.set(name, formatLocation(location));
    if (!rolePattern.test(name)) {
      addProblem(fields, 'name', {
        code: 'wrong-value',
        message: `${JSON.stringify(name)} can't be the name of a role`,
        remedy: 'Use letters and digits, with dashes and underscores between them',
      });
    }
    const subject = `proj:${project}:${name}`;
    return [
      {
        name,
        description: stringField(fields, 'description') ?? '',
        rules: [...readRules(fields, project, subject), implicitRule(project, subject, location)],
        bindings: readGroups(fields, subject),
      },
    ];
  });
}

/** Whoever has a role of a project may see the project. */
function implicitRule(project: string, subject: string, location: PolicyOrigin['location']): AccessRule {
  const text = `p, ${subject}, projects, get, ${project}, allow`;
  const origin = {
    text: `${text} (each role of a project has it)`,
    ...(location === undefined ? {} : { location }),
  };
  return {
    subject,
    resource: 'projects',
    action: 'get',
    object: project,
    effect: 'allow',
    match: 'glob',
    origin,
  };
}

function readRules(fields: Fields, project: string, subject: string): readonly AccessRule[] {
  return (stringList(fields, 'policies') ?? []).flatMap((text, index) => {
    const field = `policies[${index}]`;
    const parsed = parsePolicyLine(text, 'glob');
    if (parsed.type === 'problem') {
      addProblem(fields, field, parsed.problem);
      return [];
    }
    const example = `p, ${subject}, applications, sync, ${project}/*, allow`;
    if (parsed.type !== 'rule') {
      addProblem(fields, field, {
        code: 'wrong-value',
        message: 'A role of a project has only lines that begin with p',
        remedy: `Write it like ${example}; the groups of a role stand in groups`,
      });
      return [];
    }
    const { type: _type, ...rule } = parsed;
    const stray = strayOf(rule, project, subject);
    if (stray === undefined) return [{ ...rule, origin: { text, location: fieldLocation(fields, field) } }];
    addProblem(fields, field, {
      code: 'wrong-value',
      message: `A role of a project speaks of nothing else: ${stray}`,
      remedy: `Write it like ${example}, or move it to an AccessPolicy`,
    });
    return [];
  });
}

/** What of a rule reaches beyond its role and its project. */
function strayOf(rule: Omit<AccessRule, 'origin'>, project: string, subject: string): string | undefined {
  if (rule.subject !== subject) return `its subject is ${subject}, not ${rule.subject}`;
  if (!resources.includes(rule.resource)) return `its resource is one of ${resources.join(', ')}`;
  const inProject =
    rule.object.startsWith(`${project}/`) && /^(\/[*\w.-]+){1,2}$/.test(rule.object.slice(project.length));
  if (!inProject)
    return `its object is ${project}/NAME, ${project}/NAMESPACE/NAME or ${project}/*, not ${rule.object}`;
  return undefined;
}

function readGroups(fields: Fields, role: string): readonly AccessBinding[] {
  return (stringList(fields, 'groups') ?? []).flatMap((member, index) => {
    const field = `groups[${index}]`;
    if (member === '' || member !== member.trim() || /[,\n\r\t]/.test(member)) {
      addProblem(fields, field, {
        code: 'wrong-value',
        message: `${JSON.stringify(member)} can't be a group`,
        remedy: 'Write its name without commas, and without spaces around it',
      });
      return [];
    }
    return [
      { member, role, origin: { text: `g, ${member}, ${role}`, location: fieldLocation(fields, field) } },
    ];
  });
}

function fieldLocation({ document, path }: Fields, name: string): NonNullable<PolicyOrigin['location']> {
  const line =
    document.fieldLines.get(`${path}.${name}`) ?? document.fieldLines.get(path) ?? document.location.line;
  return line === undefined ? { file: document.file } : { file: document.file, line };
}
