import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { immutableFields } from '../../../agent/plan/immutable-change.ts';
import type { KubeFailure } from '../../../agent/ports.ts';

interface RefusedChange {
  readonly what: string;
  readonly immutable: boolean;
  readonly causes: KubeFailure['causes'];
}

const file = new URL('./testdata/refused-changes.json', import.meta.url);
const refused: readonly RefusedChange[] = JSON.parse(readFileSync(file, 'utf8'));

function failure(causes: KubeFailure['causes'], status = 422): KubeFailure {
  return { status, reason: status === 422 ? 'Invalid' : 'Forbidden', message: '', causes };
}

describe('row 19: of what a real API server (1.37) says of a refused change', () => {
  it.each(refused)('$what: immutable $immutable', ({ immutable, causes }) => {
    expect(immutableFields(failure(causes)).length > 0).toBe(immutable);
  });

  it('there are more than forty answers of both kinds', () => {
    expect(refused.length).toBeGreaterThan(40);
    expect(refused.filter((change) => !change.immutable).length).toBeGreaterThan(10);
  });
});

it('a value that says so itself proves nothing', () => {
  const message = 'Invalid value: "field is immutable": must be a valid name';
  expect(immutableFields(failure([{ reason: 'FieldValueInvalid', field: 'a', message }]))).toEqual([]);
});

it('an answer of another kind proves nothing, whatever it says', () => {
  const cause = { reason: 'FieldValueInvalid', field: 'a', message: 'field is immutable' };
  expect(immutableFields(failure([cause], 403))).toEqual([]);
  expect(immutableFields(failure([]))).toEqual([]);
});
