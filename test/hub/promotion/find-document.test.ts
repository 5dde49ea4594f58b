import { expect, test } from 'vitest';
import { findDocument } from '../../../hub/promotion/find-document.ts';
import { textAt } from '../../../hub/promotion/yaml-file.ts';

const application = (metadata: string, revision: string): string =>
  `kind: Application\nmetadata: ${metadata}\nspec: { source: { targetRevision: ${revision} } }\n`;

test('of two Applications of one name in a file, the one of the namespace that is meant is found', () => {
  const text = [
    application('{ name: web }', 'v1'),
    application("{ name: web, namespace: '' }", 'v2'),
    application('{ name: web, namespace: team-a }', 'v3'),
  ];
  const revisionOf = (namespace: string, texts: readonly string[]) => {
    const found = findDocument({ file: 'apps.yaml', text: texts.join('---\n'), name: 'web', namespace });
    return found === undefined
      ? undefined
      : textAt(found.file, found.root, ['spec', 'source', 'targetRevision']);
  };
  expect(revisionOf('team-a', text)).toBe('v3');
  expect(revisionOf('argocd', text)).toBe('v1');
  expect(revisionOf('argocd', text.slice(1))).toBe('v2');
  expect(revisionOf('team-b', text)).toBeUndefined();
});
