import fc from 'fast-check';
import { expect, it } from 'vitest';
import { maskObject } from '../../../agent/plan/mask-object.ts';
import { keyedDigest } from '../../../core/digest.ts';

const seal = (text: string) => keyedDigest(new Uint8Array(32).fill(7), text);
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

function secret(data: Readonly<Record<string, string>>, annotations: Readonly<Record<string, string>> = {}) {
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: 'db',
      namespace: 'shop',
      annotations,
      managedFields: [{ manager: 'kubectl', fieldsV1: { 'f:data': { 'f:password': {} } } }],
    },
    type: 'Opaque',
    data,
  };
}

it('shows keys of a Secret, and equal values alike', () => {
  const { object, notes } = maskObject(
    secret({ a: 'aHVudGVyMg==', b: 'aHVudGVyMg==', c: 'b3RoZXI=' }),
    'short',
    seal,
  );
  const data = object['data'] as Readonly<Record<string, string>>;
  expect(Object.keys(data)).toEqual(['a', 'b', 'c']);
  expect(data['a']).toBe(data['b']);
  expect(data['a']).not.toBe(data['c']);
  expect(object['type']).toBe('Opaque');
  expect(notes.join(' ')).toContain('Values are sealed');
});

it.for(['short', 'full'] as const)(
  'lets no value of a Secret through in its %s form, wherever it stands',
  (form) => {
    const word = fc
      .string({ unit: 'grapheme-ascii', minLength: 8, maxLength: 40 })
      .filter((text) => text.trim() === text);
    fc.assert(
      fc.property(word, (value) => {
        const encoded = Buffer.from(value).toString('base64');
        const copies = {
          [lastApplied]: JSON.stringify({ data: { password: encoded } }),
          'tool.example/original': JSON.stringify({ stringData: { password: value } }),
          'tool.example/packed': Buffer.from(`${'x'.repeat(90)}${value}`).toString('base64'),
          'tool.example/plain': value,
        };
        const text = JSON.stringify(maskObject(secret({ password: encoded }, copies), form, seal).object);
        expect(text).not.toContain(JSON.stringify(value).slice(1, -1));
        expect(text).not.toContain(encoded);
        expect(text).not.toContain(copies['tool.example/packed']);
      }),
      { numRuns: 200 },
    );
  },
);

it('leaves short annotations of a Secret readable', () => {
  const { object } = maskObject(
    secret({ password: 'aHVudGVyMg==' }, { 'reloader.example/match': 'true' }),
    'short',
    seal,
  );
  expect(object.metadata.annotations).toEqual({ 'reloader.example/match': 'true' });
});

it('leaves out what machines write for themselves, and says so, unless all is asked for', () => {
  const map = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', annotations: { [lastApplied]: '{}', team: 'shop' }, managedFields: [] },
    data: { a: '1' },
  };
  const { object, notes } = maskObject(map, 'short', seal);
  expect(object).toEqual({ ...map, metadata: { name: 'a', annotations: { team: 'shop' } } });
  expect(notes).toEqual(["Left out: managed fields, kubectl's copy of what it applied."]);
  expect(maskObject(map, 'full', seal)).toEqual({ object: map, notes: [] });
});
