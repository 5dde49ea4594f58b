import { expect, test } from 'vitest';
import { parseRevision } from '../../../hub/git/revision.ts';
import { promotionBranch, rollbackBranch } from '../../../hub/promotion/branch-name.ts';

const commit = '1a2b3c4d5e6f';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('rollbacks of two applications never have one branch, whatever these are called', () => {
  const keys = [
    'argocd/web',
    'team/web',
    'argocd/team-web',
    'argocd/team.web',
    'team-web/web',
    'team/web-web',
  ];
  const branches = keys.map((key) => rollbackBranch(key, commit));
  expect(branches.slice(0, 2)).toEqual([
    'fairlead/rollback-web-1a2b3c4',
    'fairlead/rollback-team_web-1a2b3c4',
  ]);
  expect(new Set(branches).size).toBe(keys.length);
  for (const branch of branches) expect(parseRevision(branch).type).toBe('ref');
});

test('a promotion has another branch for another content, and one that Git takes for any name', () => {
  const files = (text: string) => new Map([['web.yaml', bytes(text)]]);
  const branch = promotionBranch('Web..Üx/y', 'prod', files('a'));
  expect(branch).toMatch(/^fairlead\/promote-web-x-y-prod-[0-9a-f]{8}$/);
  expect(promotionBranch('Web..Üx/y', 'prod', files('a'))).toBe(branch);
  expect(promotionBranch('Web..Üx/y', 'prod', files('b'))).not.toBe(branch);
});
