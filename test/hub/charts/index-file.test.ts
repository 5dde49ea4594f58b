import { describe, expect, it } from 'vitest';
import { readIndex } from '../../../hub/charts/index-file.ts';

const digest = 'ab'.repeat(32);
const helmsOwn = `apiVersion: v1
entries:
  podinfo:
  - annotations:
      version: not this one
      digest: nor this
    apiVersion: v2
    created: "2026-11-02T10:00:00.5Z"
    dependencies:
    - name: redis
      version: 1.0.0
      repository: https://charts.example.com
    description: |
      entries:
        version: 9.9.9
    digest: ${digest}
    name: podinfo
    urls:
    - podinfo-6.5.0.tgz
    - https://mirror.example.com/podinfo-6.5.0.tgz
    version: 6.5.0
  - digest: sha256:${digest.toUpperCase()}
    urls: [other/podinfo-1.10.tgz]
    version: "1.10"
  # a comment
  "redis":
  - urls:
    - redis.tgz
    version: 1e3
    maintainers:
    - name: Ada
      email: ada@example.com
generated: "2026-11-02T10:00:00Z"
`;

async function versions(text: string, chart: string): Promise<readonly string[] | undefined> {
  return (await readIndex(text, new Set([chart])))?.charts.get(chart)?.map(({ version }) => version);
}

describe('an index of a chart repository', () => {
  it('is read as Helm writes it, the wanted charts only', async () => {
    const part = await readIndex(helmsOwn, new Set(['podinfo']));
    expect(part?.names).toEqual(['podinfo', 'redis']);
    expect([...(part?.charts ?? [])]).toEqual([
      [
        'podinfo',
        [
          {
            version: '6.5.0',
            digest,
            urls: ['podinfo-6.5.0.tgz', 'https://mirror.example.com/podinfo-6.5.0.tgz'],
            created: '2026-11-02T10:00:00.500Z',
          },
          { version: '1.10', digest, urls: ['other/podinfo-1.10.tgz'] },
        ],
      ],
    ]);
  });

  it('takes a version as it is written, whatever YAML would make of it', async () => {
    expect(await versions(helmsOwn, 'redis')).toEqual(['1e3']);
  });

  it.each([
    [
      'lists that are indented',
      'entries:\n    web:\n        - version: 1.0.0\n          urls:\n              - a.tgz\n',
    ],
    ['Windows line ends', 'entries:\r\n  web:\r\n  - version: 1.0.0\r\n    urls:\r\n    - a.tgz\r\n'],
    ['JSON', '{"entries":{"web":[{"version":"1.0.0","urls":["a.tgz"]}]}}'],
    ['lists in one line', 'entries:\n  web: [{version: 1.0.0, urls: [a.tgz]}]\n'],
    ['a dash that stands alone', 'entries:\n  web:\n  -\n    version: 1.0.0\n    urls: [a.tgz]\n'],
    ['anchors', 'entries:\n  api:\n  - &a\n    version: 1.0.0\n    urls: [a.tgz]\n  web:\n  - *a\n'],
    ['several documents marks', '---\nentries:\n  web:\n  - urls: [a.tgz]\n    version: 1.0.0\n'],
  ])('may have %s', async (_, text) => {
    expect(await versions(text, 'web')).toEqual(['1.0.0']);
  });

  it('may be empty', async () => {
    expect((await readIndex('apiVersion: v1\nentries: {}\n', new Set(['web'])))?.names).toEqual([]);
    expect((await readIndex('apiVersion: v1\nentries:\n', new Set(['web'])))?.names).toEqual([]);
  });

  it.each(['', '<html><body>Sign in</body></html>', 'apiVersion: v1\n', '{', 'entries: 7\n', '- a\n- b\n'])(
    'is not %j',
    async (text) => {
      expect(await readIndex(text, new Set(['web']))).toBeUndefined();
    },
  );

  it('of 30 MB is read with little of it parsed', async () => {
    const filler = `    description: ${'long words '.repeat(80)}\n`;
    const entry = (version: string) =>
      `  - apiVersion: v2\n${filler}    urls:\n    - a.tgz\n    version: ${version}\n`;
    const chart = (name: string) =>
      `  ${name}:\n${Array.from({ length: 60 }, (_, minor) => entry(`1.${minor}.0`)).join('')}`;
    const text = `entries:\n${Array.from({ length: 550 }, (_, index) => chart(`chart-${index}`)).join('')}`;
    expect(text.length).toBeGreaterThan(30_000_000);
    const part = await readIndex(text, new Set(['chart-7']));
    expect(part?.names).toHaveLength(550);
    expect(part?.charts.get('chart-7')).toHaveLength(60);
  });
});
