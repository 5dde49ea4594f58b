import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { digest, keyedDigest, shortName } from '../../core/digest.ts';

describe('digests', () => {
  it('are SHA-256 and HMAC-SHA-256, of texts as of their bytes', () => {
    expect(digest('abc')).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    // RFC 4231, test case 2.
    expect(keyedDigest(Buffer.from('Jefe'), 'what do ya want for nothing?')).toBe(
      'hmac-sha256:5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
    expect(digest(new TextEncoder().encode('ä'))).toBe(digest('ä'));
  });

  it('short names are valid label values of 32 characters, and stay what they are', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(shortName(text)).toMatch(/^[a-z2-7]{32}$/);
      }),
    );
    // RFC 4648 base32 of the first 20 bytes of the SHA-256 of 'abc', in lower case. Labels on clusters depend on it.
    expect(shortName('abc')).toBe('xj4bnp4pahh6uqkbidpf3lrceoyagynd');
  });
});
