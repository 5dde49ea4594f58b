import { expect, it } from 'vitest';
import { FactBook } from '../../../agent/admission/fact-book.ts';
import type { WriteFact } from '../../../agent/plan/admission-fact.ts';

const fact = (uid: string, before: string, user = 'alice'): WriteFact => ({
  uid,
  before,
  user,
  operation: 'delete',
});
const limits = { most: 4, mostOfOne: 3, ageMs: 1000 };

it('keeps the newest objects within its number, and drops the quietest whole', () => {
  const book = new FactBook(() => 0, limits);
  for (const uid of ['a', 'b', 'b', 'c', 'c']) book.add(fact(uid, '1'));
  expect([book.size, book.factsOf('a'), book.factsOf('c').length]).toEqual([4, [], 2]);
  for (let index = 0; index < 1000; index += 1) book.add(fact(`x${index}`, '1'));
  expect(book.size).toBe(4);
});

it('knows nothing that is older than its age', () => {
  let now = 0;
  const book = new FactBook(() => now, limits);
  book.add(fact('a', '1'));
  now = 1000;
  expect(book.factsOf('a')).toHaveLength(1);
  now = 1001;
  expect(book.factsOf('a')).toEqual([]);
  book.add(fact('b', '1'));
  expect(book.size).toBe(1);
});

it('drops all that was asked upon one version of an object together', () => {
  const book = new FactBook(() => 0, { ...limits, most: 100 });
  for (const before of ['1', '1', '2', '3']) book.add(fact('a', before));
  expect(book.factsOf('a').map(({ before }) => before)).toEqual(['2', '3']);
  for (const user of ['b', 'c', 'd', 'e']) book.add(fact('z', '9', user));
  expect(book.factsOf('z')).toEqual([]);
});
