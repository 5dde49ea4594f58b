import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canonicalJson,
  equalJson,
  type Json,
  jsonAt,
  numberAt,
  parseJson,
  stringAt,
  writeJson,
} from '../../core/json.ts';

/** Any JSON, with integers of 64 bits and beyond among its numbers. */
const { json } = fc.letrec<{ json: Json }>((tie) => ({
  json: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    fc.string(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (Object.is(value, -0) ? 0 : value)),
    fc.bigInt().map((value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value)),
    fc.array(tie('json'), { maxLength: 4 }),
    fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      tie('json'),
      { maxKeys: 4, noNullPrototype: true },
    ),
  ),
}));

describe('JSON', () => {
  it('comes back as it was written, 64-bit integers included', () => {
    fc.assert(
      fc.property(json, (value) => {
        // A double such as 1e16 is written without exponent, and then is an integer: only its text must stay.
        expect(writeJson(parseJson(writeJson(value)))).toBe(writeJson(value));
      }),
    );
    expect(parseJson('{"id":9223372036854775807}')).toEqual({ id: 9223372036854775807n });
    expect(writeJson({ id: 9223372036854775807n })).toBe('{"id":9223372036854775807}');
    expect(parseJson('[12345678901234567890, -12345678901234567890, 1.5, 12345678901234567e3]')).toEqual([
      12345678901234567890n,
      -12345678901234567890n,
      1.5,
      12345678901234567e3,
    ]);
  });

  it('leaves digits in strings alone', () => {
    expect(parseJson('{"id":"12345678901234567890"}')).toEqual({ id: '12345678901234567890' });
  });

  it('has one canonical text, whatever the order of the members', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.string().filter((key) => key !== '__proto__'),
          json,
          { noNullPrototype: true },
        ),
        (value) => {
          const reversed = Object.fromEntries(Object.entries(value).reverse());
          expect(canonicalJson(reversed)).toBe(canonicalJson(value));
          expect(equalJson(reversed, value)).toBe(true);
        },
      ),
    );
    expect(canonicalJson({ b: [1, { d: null, c: 2n ** 60n }], a: 'x', gone: undefined })).toBe(
      '{"a":"x","b":[1,{"c":1152921504606846976,"d":null}]}',
    );
  });

  it('tells different values apart', () => {
    expect(equalJson({ a: [1, 2] }, { a: [2, 1] })).toBe(false);
    expect(equalJson({ a: null }, {})).toBe(false);
    expect(equalJson(undefined, null)).toBe(false);
    expect(equalJson(1, '1')).toBe(false);
    expect(equalJson({ a: undefined, b: 1 }, { b: 1 })).toBe(true);
    expect(equalJson({ b: 1 }, { b: 1, c: undefined, d: 2 })).toBe(false);
    expect(equalJson([1], { 0: 1 })).toBe(false);
    expect(equalJson({ id: 1e20 }, { id: 100_000_000_000_000_000_000n })).toBe(true);
    expect(equalJson({ id: '100' }, { id: 100n })).toBe(false);
  });

  it('reads by path, and says nothing where the path or the type is another', () => {
    const value = { spec: { name: 'web', replicas: 2, list: [1] } };
    expect(stringAt(value, 'spec', 'name')).toBe('web');
    expect(numberAt(value, 'spec', 'replicas')).toBe(2);
    expect(stringAt(value, 'spec', 'replicas')).toBeUndefined();
    expect(jsonAt(value, 'spec', 'list', '0')).toBeUndefined();
    expect(jsonAt(undefined, 'spec')).toBeUndefined();
  });
});
