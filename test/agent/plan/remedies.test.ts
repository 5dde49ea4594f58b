import { describe, expect, it } from 'vitest';
import { classifyError } from '../../../agent/plan/classify-error.ts';
import { objectFailure, remedies } from '../../../agent/plan/remedies.ts';

describe('what to do about a failure', () => {
  it.each(Object.entries(remedies))(
    'of %s is one or two sentences without a full stop at the end',
    (_code, text) => {
      expect(text).toMatch(/^[A-Z].{20,250}[^.]$/);
    },
  );

  it('is known for every class of answers', () => {
    const statuses = [0, 400, 401, 403, 404, 409, 413, 415, 422, 429, 500, 503, 504];
    const codes = statuses.map(
      (status) => classifyError({ status, reason: '', message: '', causes: [] }).code,
    );
    expect(codes.filter((code) => !Object.hasOwn(remedies, code))).toEqual([]);
  });

  it('goes with every failure, in the words that fit just there where they are known', () => {
    const ref = { group: '', kind: 'ConfigMap', namespace: 'shop', name: 'web' };
    expect(objectFailure(ref, 'duplicate', 'twice')).toEqual({
      ref,
      code: 'duplicate',
      message: 'twice',
      remedy: remedies.duplicate,
    });
    expect(objectFailure(ref, 'invalid', 'no name', 'Give it a name').remedy).toBe('Give it a name');
  });
});
