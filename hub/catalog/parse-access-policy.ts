import type { AccessBinding, AccessRule, MatchMode } from './access-rule.ts';
import type { AccessPolicyDocument } from './documents.ts';
import { addProblem, checkFields, choiceField, type Fields, requiredObject, stringField } from './fields.ts';
import { readMetadata } from './metadata.ts';
import { parsePolicyLine } from './policy-line.ts';
import { blockTextKey } from './yaml-value.ts';

const modes: readonly MatchMode[] = ['glob', 'regex'];

/**
 * `AccessPolicy`: who may do what, in the grammar of Argo CD's policy.csv. `policy` is its text, `defaultRole` its
 * `policy.default`, `matchMode` its `policy.matchMode`.
 */
export function parseAccessPolicy(document: Fields): AccessPolicyDocument {
  checkFields(document, { read: ['apiVersion', 'kind', 'metadata', 'spec'] });
  const metadata = readMetadata(document);
  const spec = requiredObject(document, 'spec');
  checkFields(spec, { read: ['policy', 'defaultRole', 'matchMode'], ignored: ['scopes'] });
  const match = readMatchMode(spec);
  const defaultRole = readDefaultRole(spec);
  return {
    kind: 'AccessPolicy',
    name: metadata.name,
    ...(defaultRole === undefined ? {} : { defaultRole }),
    ...readPolicy(spec, match),
    location: document.document.location,
    fieldLines: document.document.fieldLines,
  };
}

function readMatchMode(spec: Fields): MatchMode {
  const match = choiceField(spec, 'matchMode', modes) ?? 'glob';
  if (match === 'regex') {
    addProblem(spec, 'matchMode', {
      code: 'unsupported-field',
      message:
        "Regular expressions aren't supported, and reading them as patterns would permit something else",
      remedy: 'Write the values as patterns with *, and remove matchMode',
    });
  }
  return match;
}

function readDefaultRole(spec: Fields): string | undefined {
  const role = stringField(spec, 'defaultRole');
  if (role === undefined || role === '') return undefined;
  if (!role.startsWith('role:')) {
    addProblem(spec, 'defaultRole', {
      code: 'wrong-value',
      message: `${JSON.stringify(role)} isn't a role`,
      remedy: 'Write the name of a role, such as role:readonly; leave it out to give nothing to everybody',
    });
  }
  return role;
}

function readPolicy(spec: Fields, match: MatchMode): Pick<AccessPolicyDocument, 'rules' | 'bindings'> {
  const rules: AccessRule[] = [];
  const bindings: AccessBinding[] = [];
  const lines = (stringField(spec, 'policy') ?? '').split('\n');
  lines.forEach((text, index) => {
    const parsed = parsePolicyLine(text, match);
    const at = lineOf(spec, index);
    const location = { file: spec.document.file, ...(at === undefined ? {} : { line: at }) };
    const origin = { text: text.trim(), location };
    if (parsed.type === 'rule') {
      const { type: _type, ...rule } = parsed;
      rules.push({ ...rule, origin });
    } else if (parsed.type === 'binding') {
      bindings.push({ member: parsed.member, role: parsed.role, origin });
    } else if (parsed.type === 'problem') {
      spec.document.problems.push({ ...parsed.problem, location, field: 'spec.policy' });
    }
  });
  return { rules, bindings };
}

/** A block (`policy: |`) has each line where it stands in the file; any other text is at the line of its field. */
function lineOf({ document }: Fields, index: number): number | undefined {
  const first = document.fieldLines.get(blockTextKey('spec.policy'));
  return first === undefined ? document.fieldLines.get('spec.policy') : first + index;
}
