import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { supportedProtocol } from '../../core/session.ts';

/** The schema without comments and layout: what peers of other versions have to agree on. */
function readSchema(): string {
  const file = join(import.meta.dirname, '../../proto/fairlead/session/v1/session.proto');
  return readFileSync(file, 'utf8')
    .replaceAll(/\/\/.*$/gm, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

test('the wire is the one of this protocol version', () => {
  const hash = createHash('sha256').update(readSchema()).digest('hex').slice(0, 16);
  // A fleet is never upgraded in lockstep. Whoever changes this line has thought of agents and hubs that are older:
  // fields may be added where the old ones can ignore them; anything else raises `supportedProtocol`.
  expect({ protocol: supportedProtocol, hash }).toEqual({
    protocol: { min: 1, max: 3 },
    hash: '366ef23a4cba780e',
  });
});
