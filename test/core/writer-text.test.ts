import { expect, it } from 'vitest';
import { writerText } from '../../core/writer-text.ts';

const edit = { manager: 'kubectl-edit', operation: 'Update', subresource: '' } as const;
const scale = { manager: 'kubectl', operation: 'Update', subresource: 'scale' } as const;

it.each([
  [{}, undefined],
  [{ writer: edit }, 'kubectl-edit'],
  [{ writer: scale }, 'kubectl (scale)'],
  [{ writer: edit, person: 'alice@example.com' }, 'alice@example.com with kubectl-edit'],
  [{ person: 'alice@example.com' }, 'alice@example.com'],
])('%j is told as %s', (change, text) => {
  expect(writerText(change)).toBe(text);
});
