import { expect, test } from 'vitest';
import { chooseTarget } from '../../../hub/promotion/choose-target.ts';
import { judgeHistory } from '../../../hub/promotion/history.ts';
import type { RollbackRequest } from '../../../hub/promotion/rollback.ts';

const id = (letter: string): string => letter.repeat(8);
const at = (minute: string): string => `2026-11-03T12:${minute}:00.000Z`;

/** Newest first: objects, commit, and when it was first and last applied. */
function entries(...rows: readonly (readonly [objects: string, commit: string, applied?: string])[]) {
  return judgeHistory(
    rows.map(([objectsDigest, commit, applied]) => ({
      commit: { id: id(commit), author: 'Ada', committedAt: at('00'), subject: commit },
      fleetCommit: { id: id(commit), author: 'Ada', committedAt: at('00'), subject: commit },
      digest: objectsDigest,
      objectsDigest,
      decidedAt: at('00'),
      ...(applied === undefined ? {} : { firstAppliedAt: at(applied), lastAppliedAt: at(applied) }),
    })),
  );
}

function choose(
  history: ReturnType<typeof entries>,
  request: Pick<RollbackRequest, 'to' | 'before'> = {},
): string {
  const choice = chooseTarget(history, request);
  if (choice.type === 'refused') return `${choice.code}: ${choice.message}`;
  const undone = choice.undone.map(({ commit }) => commit.subject).join(',');
  return `${choice.target.commit.subject} without ${undone}`;
}

const three = entries(['C', 'c', '30'], ['B', 'b', '20'], ['A', 'a', '10']);

test.each([
  ['the one before the running one', three, {}, 'b without c'],
  [
    'what runs, where the newest was never applied',
    entries(['C', 'c'], ['B', 'b', '20'], ['A', 'a', '10']),
    {},
    'b without c',
  ],
  [
    'past entries that were never applied',
    entries(['C', 'c', '30'], ['B', 'b'], ['A', 'a', '10']),
    {},
    'a without c,b',
  ],
  [
    'past entries that are the same as now',
    entries(['A', 'c', '30'], ['A', 'b', '20'], ['B', 'a', '10']),
    {},
    'a without c,b',
  ],
  ['a commit by its beginning', three, { to: 'aaaaaa' }, 'a without c,b'],
  ['a commit in capitals', three, { to: 'AAAAAAAA' }, 'a without c,b'],
  ['a commit that was never applied', entries(['C', 'c', '30'], ['B', 'b']), { to: id('b') }, 'b without c'],
  ['a time', three, { before: at('30') }, 'b without c'],
  ['a time in another zone', three, { before: '2026-11-03T14:25:00+02:00' }, 'b without c'],
  ['nothing without a history', [], {}, 'not-found: nothing was decided'],
  [
    'nothing without an earlier state',
    entries(['A', 'a', '10']),
    {},
    'not-found: there is nothing to roll back to',
  ],
  [
    'nothing for what Git says already',
    three,
    { to: 'cccccc' },
    'conflict: commit ccccccc is what Git says already',
  ],
  [
    'of several entries of one commit the newest that Git does not say already',
    entries(['C', 'a', '30'], ['B', 'a', '20'], ['A', 'a', '10']),
    { to: 'aaaaaa' },
    'a without a',
  ],
  [
    'nothing for a time after the last change',
    three,
    { before: at('59') },
    'conflict: commit ccccccc is what Git says',
  ],
  [
    'nothing for a time before all',
    three,
    { before: at('05') },
    'not-found: nothing of its history was applied',
  ],
  ['nothing for an unknown commit', three, { to: 'dddddd' }, 'not-found: no entry of its history'],
  ['nothing for a short beginning', three, { to: 'aaa' }, 'invalid: this is not the id'],
  ['nothing for a branch', three, { to: 'main' }, 'invalid: this is not the id'],
  ['nothing for both', three, { to: 'aaaaaa', before: at('30') }, 'invalid: a commit and a time'],
  ['nothing for what is no time', three, { before: 'yesterday' }, 'invalid: this is no time'],
] as const)('%s', (_name, history, request, expected) => {
  expect(choose(history, request)).toContain(expected);
});

test('a beginning of two commits names both', () => {
  const history = entries(['C', 'c', '30'], ['B', 'ab', '20'], ['A', 'abab', '10']);
  const choice = chooseTarget(history, { to: 'ababab' });
  expect(choice).toMatchObject({ type: 'refused', code: 'conflict' });
  expect(choice.type === 'refused' && choice.remedy).toContain(id('abab'));
});
