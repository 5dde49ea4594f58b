import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runScenario } from './run-scenario.ts';

const folder = join(import.meta.dirname, 'testdata');

/** `UPDATE=1 npm test` writes what happens now into the scenarios; the change is for a reader to judge. */
const updating = process.env['UPDATE'] === '1';

test.for(readdirSync(folder).filter((name) => name.endsWith('.txt')))(
  'the transcript %s is what happens',
  (name) => {
    const file = join(folder, name);
    const recorded = readFileSync(file, 'utf8');
    const happened = runScenario(recorded);
    if (updating) writeFileSync(file, happened);
    else expect(happened).toBe(recorded);
  },
);
