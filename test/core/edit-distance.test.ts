import { expect, it } from 'vitest';
import { editDistance } from '../../core/edit-distance.ts';

it.each([
  ['', '', 0],
  ['kind', 'kind', 0],
  ['knd', 'kind', 1],
  ['kidn', 'kind', 2],
  ['kitten', 'sitting', 3],
  ['', 'abc', 3],
])('from %o to %o it takes %i changes, and back as many', (left, right, distance) => {
  expect(editDistance(left, right)).toBe(distance);
  expect(editDistance(right, left)).toBe(distance);
});
