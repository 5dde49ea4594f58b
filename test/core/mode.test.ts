import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { modes, strictestMode } from '../../core/mode.ts';

describe('modes', () => {
  it('the strictest wins, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...modes), { minLength: 1 }), (candidates) => {
        const strictest = strictestMode(candidates);
        expect(candidates).toContain(strictest);
        for (const mode of candidates)
          expect(modes.indexOf(strictest)).toBeLessThanOrEqual(modes.indexOf(mode));
        expect(strictestMode([...candidates].reverse())).toBe(strictest);
      }),
    );
    expect(strictestMode(['heal', 'observe', 'sync'])).toBe('observe');
  });

  it('without any, healing is allowed', () => {
    expect(strictestMode([])).toBe('heal');
  });
});
