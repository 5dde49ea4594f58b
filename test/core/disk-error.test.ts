import { expect, test } from 'vitest';
import { diskError } from '../../core/disk-error.ts';
import { AppError, formatError } from '../../core/error.ts';

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: write`), { code });
}

test('a full disk says where, what to do, and what holds until then', () => {
  const error = diskError(systemError('ENOSPC'), '/data/packs', 'What is in force stays in force');
  expect(error.code).toBe('unavailable');
  expect(formatError(error)).toBe(
    '/data/packs: the disk is full. Free space on it. What is in force stays in force',
  );
});

test('what is unknown keeps its own words, and an error of ours stays as it is', () => {
  expect(diskError(systemError('EIO'), 'f', '').message).toBe('EIO: write');
  const ours = new AppError('conflict', 'taken');
  expect(diskError(ours, 'f', '')).toBe(ours);
});
