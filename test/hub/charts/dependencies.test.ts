import { describe, expect, it } from 'vitest';
import { missingDependencies } from '../../../hub/charts/dependencies.ts';

const text = `name: shop
dependencies:
- name: redis
  version: ^1.0
  repository: https://charts.example.com
- { name: web, version: 1.2.3, repository: 'oci://ghcr.io/acme' }
`;

function tell(change: Partial<Parameters<typeof missingDependencies>[0]> = {}): string {
  const found = missingDependencies({ file: 'shop/Chart.yaml', text, vendored: [], ...change });
  if (found.type === 'problem') return `${found.problem.location?.line}: ${found.problem.message}`;
  return found.missing.map(({ name, version }) => `${name} ${version}`).join(', ');
}

describe('what a chart depends on', () => {
  it.each([
    ['nothing of it', [], 'redis ^1.0, web 1.2.3'],
    ['one packed', ['redis-1.4.0.tgz'], 'web 1.2.3'],
    ['one as a folder', ['web'], 'redis ^1.0'],
    ['both', ['redis-1.4.0.tgz', 'web-v1.2.3.tgz'], ''],
    ['another with a longer name', ['redis-cluster-1.4.0.tgz'], 'redis ^1.0, web 1.2.3'],
  ])('with %s in its charts folder is missing else', (_, vendored, expected) => {
    expect(tell({ vendored })).toBe(expected);
  });

  const entry = (name: string, version: string, repository: string) =>
    `- { name: ${name}, version: ${version}, repository: '${repository}' }\n`;
  const web = entry('web', '1.2.3', 'oci://ghcr.io/acme');

  it.each([
    [
      'has the versions of the lock',
      entry('redis', '1.4.0', 'https://charts.example.com') + web,
      'redis 1.4.0, web 1.2.3',
    ],
    ['but for a lock out of the range', entry('redis', '2.0.0', 'https://charts.example.com') + web, 'lock'],
    ['but for a lock of another repository', entry('redis', '1.4.0', 'https://x.example.com') + web, 'lock'],
    ['but for a lock that lacks one', web, 'lock'],
  ])('%s', (_, lines, expected) => {
    const lock = `dependencies:\n${lines}`;
    const wanted = expected === 'lock' ? '3: Chart.lock is not of these dependencies: redis ^1.0' : expected;
    expect(tell({ lock })).toBe(wanted);
  });

  it.each([
    ['repository: "@stable"', '@stable is a name of one machine'],
    ['repository: alias:stable', 'alias:stable is a name of one machine'],
    ['version: "1"', 'no repository is named for it'],
  ])('with %s is a problem that says why', (line, message) => {
    expect(tell({ text: `dependencies:\n- name: redis\n  ${line}\n` })).toContain(message);
  });

  it.each(['name: shop\n', 'dependencies: []\n', 'dependencies: 7\n', 'dependencies:\n- redis\n', 'a: [\n'])(
    'is nothing where Chart.yaml is %j',
    (broken) => {
      expect(tell({ text: broken })).toBe('');
    },
  );
});
