import fc from 'fast-check';
import { expect, test } from 'vitest';
import { encodeEnrollmentToken, parseEnrollmentToken } from '../../core/enrollment-token.ts';
import { AppError } from '../../core/error.ts';

const word = fc.string({ unit: 'grapheme', minLength: 1 });
const token = fc.record({
  cluster: word,
  hub: word,
  ca: fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 }),
  secret: word,
});

test('a token says what went into it, whatever characters it has, with white space around it', () => {
  fc.assert(
    fc.property(token, (value) => {
      expect(parseEnrollmentToken(` ${encodeEnrollmentToken(value)}\n`)).toEqual(value);
    }),
  );
});

test('a token that was cut or is something else is an error that does not repeat it', () => {
  const whole = encodeEnrollmentToken({
    cluster: 'staging',
    hub: 'hub:8443',
    ca: 'a'.repeat(64),
    secret: 'hunter2',
  });
  for (const text of ['', 'hunter2', whole.slice(3), whole.slice(0, -10), 'fl1.', 'fl1.e30', 'fl1.%%%']) {
    try {
      parseEnrollmentToken(text);
      expect.unreachable(`accepted ${text}`);
    } catch (error) {
      expect(error).toBeInstanceOf(AppError);
      expect(String(error)).not.toContain('hunter2');
    }
  }
});
