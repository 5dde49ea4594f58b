import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { displayRef, formatGroupKind, formatRef, groupOf, parseRef } from '../../core/object-ref.ts';

const word = (characters: string) =>
  fc.string({ unit: fc.constantFrom(...characters), minLength: 1, maxLength: 20 });

/** As Kubernetes allows them; names of RBAC objects hold colons and more. */
const refs = fc.record({
  group: fc.oneof(fc.constant(''), word('abcz09.-')),
  kind: word('ABCabcz09'),
  namespace: fc.oneof(fc.constant(''), word('abcz09-')),
  name: word('abcz09-.:@'),
});

describe('object references', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(refs, (ref) => {
        expect(parseRef(formatRef(ref))).toEqual(ref);
      }),
    );
  });

  it('are written as Argo CD writes them', () => {
    expect(formatRef({ group: 'apps', kind: 'Deployment', namespace: 'payments', name: 'web' })).toBe(
      'apps/Deployment:payments/web',
    );
    expect(formatRef({ group: '', kind: 'Namespace', namespace: '', name: 'payments' })).toBe(
      '/Namespace:/payments',
    );
  });

  it.each(['', 'Deployment', 'apps/Deployment', 'apps/Deployment:web', 'apps/:a/b', 'apps/Deployment:a/'])(
    '%j is none',
    (text) => {
      expect(parseRef(text)).toBeUndefined();
    },
  );

  it('are short for people, and give group and kind', () => {
    expect(displayRef({ group: 'apps', kind: 'Deployment', namespace: 'a', name: 'web' })).toBe(
      'Deployment a/web',
    );
    expect(displayRef({ group: '', kind: 'Namespace', namespace: '', name: 'a' })).toBe('Namespace a');
    expect([groupOf('apps/v1'), groupOf('v1')]).toEqual(['apps', '']);
    expect(formatGroupKind({ group: '', kind: 'ConfigMap' })).toBe('/ConfigMap');
  });
});
