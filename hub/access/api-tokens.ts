import { AppError } from '../../core/error.ts';
import { administratorName, isRoleName, type Person } from './subject.ts';

/** Somebody who holds a token of the API. */
export interface NamedToken {
  /** SHA-256 of the token, hexadecimal: who reads the file has no token by it. */
  readonly digest: string;
  readonly subject: Person;
}

const form = 'NAME sha256:DIGEST [GROUP, GROUP…]';
const linePattern = /^(\S+)\s+sha256:([0-9a-f]{64})(?:\s+(.*))?$/;
const namePattern = /^[A-Za-z0-9][\w.@+:-]{0,127}$/;
const roleTokenPattern = /^proj:[^:]+:[^:]+$/;

/**
 * Reads the file of named tokens, one to a line; empty lines and lines that begin with `#` are left out. A name may have
 * several tokens, so that one can be replaced; it may be a project's role (`proj:PROJECT:ROLE`). Throws AppError `invalid`
 * naming file and line; the message never repeats a digest.
 */
export function parseApiTokens(text: string, file: string): readonly NamedToken[] {
  const lines = new Map<string, number>();
  return text.split('\n').flatMap((written, index) => {
    const line = written.trim();
    if (line === '' || line.startsWith('#')) return [];
    const fail = (why: string, remedy: string): never => {
      throw new AppError('invalid', why, { subject: `${file}:${index + 1}`, remedy });
    };
    const [, name = '', digest = '', groups = ''] = linePattern.exec(line) ?? [];
    if (digest === '') fail(`a line is ${form}`, '`fairlead access token NAME` makes a token and its line');
    if (!namePattern.test(name))
      fail(`${JSON.stringify(name)} can't be a name`, 'Use letters, digits and .@+:-_');
    checkName(name, fail);
    const before = lines.get(digest);
    if (before !== undefined)
      fail(`this token stands in line ${before} already`, 'Give each line a token of its own');
    lines.set(digest, index + 1);
    const names = groups
      .split(',')
      .map((group) => group.trim())
      .filter((group) => group !== '');
    const role = names.find(isRoleName);
    if (role !== undefined)
      fail(`${role} is a role, not a group`, 'Bind a group to it in an AccessPolicy: g, GROUP, ROLE');
    return [{ digest, subject: { type: 'person', name, groups: names } as const }];
  });
}

function checkName(name: string, fail: (why: string, remedy: string) => never): void {
  if (name === administratorName) {
    fail(`${name} is whoever holds the admin token`, 'Choose another name');
  }
  if (isRoleName(name) && !roleTokenPattern.test(name)) {
    fail(`${name} is a role, and whoever were called so would have it`, 'Bind a name to it: g, NAME, ROLE');
  }
}
