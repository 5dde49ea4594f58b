import { describe, expect, test } from 'vitest';
import { formatTarget, matchesTarget, parseObjectTarget } from '../../../hub/explain/object-target.ts';

const web = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' };

describe('an object as a person names it', () => {
  for (const text of [
    'Deployment/web',
    'deployment/web',
    'Deployment.apps/web',
    'Deployment/shop/web',
    'prod/Deployment/web',
    'prod/deployment/shop/web',
  ]) {
    test(`${text} finds the Deployment web in shop on prod`, () => {
      expect(parseObjectTarget(text).some((target) => matchesTarget(web, 'prod', target))).toBe(true);
    });
  }

  for (const text of [
    'Deployment/worker',
    'Deployment/other/web',
    'dev/Deployment/web',
    'Deployment.batch/web',
  ]) {
    test(`${text} does not`, () => {
      expect(parseObjectTarget(text).some((target) => matchesTarget(web, 'prod', target))).toBe(false);
    });
  }

  test('a name alone, an empty part and too many parts are none', () => {
    for (const text of ['web', 'Deployment/', '/web', 'a/b/c/d/e', ''])
      expect(parseObjectTarget(text)).toEqual([]);
  });

  test('written whole, it is found again', () => {
    const text = formatTarget(web, 'prod');
    expect(text).toBe('prod/Deployment.apps/shop/web');
    expect(parseObjectTarget(text).filter((target) => matchesTarget(web, 'prod', target))).toHaveLength(1);
  });
});
