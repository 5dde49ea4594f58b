import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffHeads, emptyHead, foldHead, type Head, rootDigest } from '../../core/head.ts';

const entries = fc
  .dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.constantFrom('sha256:1', 'sha256:2', 'sha256:3'))
  .map((record) => new Map(Object.entries(record)));

const heads = fc
  .tuple(entries, entries, fc.nat(9), fc.nat(9))
  .map(([from, to, generation, step]): [Head, Head] => [
    { generation: generation + 1, entries: from },
    { generation: generation + 1 + step, entries: to },
  ]);

describe('heads', () => {
  it('fold(from, diff(from, to)) is to', () => {
    fc.assert(
      fc.property(heads, ([from, to]) => {
        expect(foldHead(from, diffHeads(from, to))).toEqual(to);
      }),
    );
  });

  it('a change from nothing leads there from any older head', () => {
    fc.assert(
      fc.property(heads, ([from, to]) => {
        expect(foldHead(from, diffHeads(emptyHead, to))).toEqual(to);
      }),
    );
  });

  it('the change names nothing that stays', () => {
    fc.assert(
      fc.property(heads, ([from, to]) => {
        const change = diffHeads(from, to);
        for (const { application, digest } of change.set)
          expect(from.entries.get(application)).not.toBe(digest);
        for (const application of change.removed) expect(to.entries.has(application)).toBe(false);
      }),
    );
  });

  it('the root depends on the entries, not on their order', () => {
    const one = new Map([
      ['a', 'sha256:1'],
      ['b', 'sha256:2'],
    ]);
    const other = new Map([...one].reverse());
    expect(rootDigest(one)).toBe(rootDigest(other));
    expect(rootDigest(one)).not.toBe(
      rootDigest(
        new Map([
          ['a', 'sha256:2'],
          ['b', 'sha256:1'],
        ]),
      ),
    );
  });

  it('refuses a change from another generation, to an older one, or that gives another root', () => {
    const from: Head = { generation: 4, entries: new Map([['a', 'sha256:1']]) };
    const to: Head = { generation: 5, entries: new Map([['b', 'sha256:2']]) };
    const change = diffHeads(from, to);
    expect(foldHead({ ...from, generation: 3 }, change)).toBeUndefined();
    expect(foldHead({ ...from, generation: 6 }, diffHeads(emptyHead, to))).toBeUndefined();
    expect(foldHead(from, { ...change, removed: [] })).toBeUndefined();
    expect(foldHead(from, { ...change, set: [] })).toBeUndefined();
  });
});
