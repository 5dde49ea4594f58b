import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter } from '../../../agent/kube/lines.ts';

function split(bytes: Uint8Array, cuts: readonly number[]): { lines: string[]; pending: number } {
  const splitter = new LineSplitter(10_000);
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  const lines = edges.slice(1).flatMap((end, index) => [...splitter.push(bytes.subarray(edges[index], end))]);
  return { lines, pending: splitter.pending };
}

describe('splitting bytes into lines', () => {
  it('gives the same lines wherever the chunks end', () => {
    const text = fc.string({ unit: 'grapheme' }).map((line) => line.replaceAll('\n', ''));
    fc.assert(
      fc.property(fc.array(text), text, fc.array(fc.nat()), (lines, rest, cuts) => {
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join('') + rest);
        expect(split(bytes, cuts)).toEqual({
          lines: lines.filter((line) => line !== ''),
          pending: Buffer.byteLength(rest),
        });
      }),
    );
  });

  it('refuses a line that is longer than the limit, before it is complete', () => {
    const splitter = new LineSplitter(10);
    expect([...splitter.push(Buffer.from('0123456789\n01234'))]).toEqual(['0123456789']);
    expect(() => [...splitter.push(Buffer.from('567890'))]).toThrow(RangeError);
  });
});
