import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../../core/kube-object.ts';
import { fieldChanges } from '../../../hub/promotion/field-changes.ts';
import { filePatch } from '../../../hub/promotion/file-patch.ts';
import { secretValues } from '../../../hub/promotion/hide-secrets.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function manifest(kind: string, rest: object) {
  const object = {
    apiVersion: kind === 'Deployment' ? 'apps/v1' : 'v1',
    kind,
    metadata: { name: 'web' },
    ...rest,
  };
  return { object: object as KubeObject, origin: { file: 'web.yaml' } };
}

const shown = (...args: Parameters<typeof fieldChanges>): readonly string[] =>
  fieldChanges(...args).map(({ ref, field, before, after }) => `${ref?.kind} ${field}: ${before} → ${after}`);

describe('what differs between two renders', () => {
  const containers = (image: string) => ({
    spec: {
      replicas: image === 'a:1' ? 1 : 3,
      template: {
        spec: {
          containers: [
            { name: 'log', image: 'l' },
            { name: 'web', image },
          ],
        },
      },
    },
  });

  test('is told field by field, images first, containers by their names', () => {
    expect(
      shown([manifest('Deployment', containers('a:1'))], [manifest('Deployment', containers('a:2'))]),
    ).toEqual([
      'Deployment spec.template.spec.containers[name=web].image: a:1 → a:2',
      'Deployment spec.replicas: 1 → 3',
    ]);
  });

  test('objects that come and go are told as wholes', () => {
    expect(shown([manifest('ConfigMap', {})], [manifest('Deployment', {})])).toEqual([
      'ConfigMap : present → ',
      'Deployment :  → present',
    ]);
  });

  test('values of Secrets are never told', () => {
    const secret = (value: string) =>
      manifest('Secret', { data: { password: value }, stringData: { token: value } });
    const told = shown([secret('hunter2')], [secret('hunter3')]);
    expect(told).toEqual([
      'Secret data.password: (hidden) → (hidden)',
      'Secret stringData.token: (hidden) → (hidden)',
    ]);
  });
});

describe('what a file becomes', () => {
  test('is a unified diff', () => {
    expect(filePatch('a.yaml', bytes('one\ntwo\n'), bytes('one\nthree\n')).patch).toBe(
      '--- a.yaml\n+++ a.yaml\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n',
    );
    expect(filePatch('a.yaml', undefined, bytes('one\n')).patch).toContain('--- /dev/null\n+++ a.yaml\n');
    expect(filePatch('a.yaml', bytes('one\n'), undefined).patch).toContain('--- a.yaml\n+++ /dev/null\n');
  });

  test.each([
    'kind: Secret\ndata: { password: aHVudGVyMg== } # hunter2\n',
    'metadata: {}\nkind: "Secret"\nstringData:\n  password: hunter2\n',
    '{"kind": "Secret", "stringData": {"password": "hunter2"}}',
    'a: b\n---\n  kind: Secret # of hunter2\n',
    '{ apiVersion: v1, kind: Secret, stringData: { password: hunter2 } }\n',
    'secretGenerator:\n  - name: x\n    literals: [password=hunter2]\n',
    'kind: List\nitems:\n  - kind: Secret\n    data: { a: hunter2 }\n',
  ])('shows no line of a file that holds a Secret: %j', (text) => {
    for (const patch of [
      filePatch('a.yaml', bytes(text), bytes('kind: ConfigMap\n')),
      filePatch('a.yaml', bytes('kind: ConfigMap\n'), bytes(text)),
    ]) {
      expect(patch.patch).toMatch(/^file changed; its lines are hidden/);
      expect(patch.patch).not.toContain('hunter2');
    }
  });

  test('shows no line of a file that is named after secrets, whatever it holds', () => {
    for (const path of [
      'web/.env',
      'web/secrets.yaml',
      'secret/a.txt',
      'tls.key',
      'db-password',
      'a.credentials.json',
    ])
      expect(filePatch(path, bytes('hunter2'), bytes('hunter3')).patch, path).not.toContain('hunter');
    expect(filePatch('secretary.yaml', bytes('a\n'), bytes('b\n')).patch).toContain('+b');
  });

  test('a reference to a Secret hides nothing, and what is no text is not shown', () => {
    expect(
      filePatch('a.yaml', bytes('secretRef: { name: a }\n'), bytes('secretRef: { name: b }\n')).patch,
    ).toContain('+secretRef');
    expect(filePatch('a', bytes('a\0b'), bytes('a')).patch).toBe('binary file changed\n');
    expect(filePatch('a', Uint8Array.of(0xff, 0xfe), bytes('a')).patch).toBe('binary file changed\n');
    expect(filePatch('a', bytes('x\n'.repeat(300_000)), bytes('')).patch).toContain('too long to show');
  });

  test('a difference that would take long to find is not looked for, however short it would be', () => {
    const lines = (letter: string, count: number) => bytes(`${letter}\n`.repeat(count));
    expect(filePatch('a', lines('x', 3_000), lines('y', 3_000)).patch).toContain('too long to show');
    expect(filePatch('a', lines('x', 900), lines('y', 900)).patch).toContain('+y');
    expect(filePatch('a', undefined, lines('y', 30_000)).patch).toContain('+y');
  });
});

describe('lines that hold a value of a Secret', () => {
  const encoded = Buffer.from('first-line\nhunter2').toString('base64');
  const values = secretValues([
    manifest('Secret', { data: { key: encoded }, stringData: { stage: 'prod', flag: 'on' } }),
    manifest('ConfigMap', { data: { title: 'hello' } }),
  ]);
  const shownOf = (before: string, after: string): readonly string[] =>
    filePatch('apps/prod/values.yaml', bytes(before), bytes(after), values).patch.split('\n').slice(3);
  const gone = '(hidden: it holds a value of a Secret)';

  test('are not shown, whatever is around the value and however it is encoded', () => {
    expect(
      shownOf(
        `a: hunter2\nb: "hunter2"\nc=hunter2\n- first-line\nkey: ${encoded}x\n`,
        'a: hunter3\ntitle: hello\nhunter2\n',
      ).filter((line) => line !== ''),
    ).toEqual([...Array(5).fill(`-${gone}`), '+a: hunter3', '+title: hello', `+${gone}`]);
  });

  test('are not those where a short value is a part of a word, or too short to tell anything', () => {
    expect(
      shownOf(
        'image: registry.prod.example/web:1\nflag: on\n',
        'image: registry.prod.example/web:2\nflag: on\n',
      ),
    ).toEqual([
      '-image: registry.prod.example/web:1',
      '+image: registry.prod.example/web:2',
      ' flag: on',
      '',
    ]);
    expect(shownOf('stage: prod\n', 'stage: test\n')).toEqual([`-${gone}`, '+stage: test', '']);
  });
});
