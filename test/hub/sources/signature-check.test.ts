import { expect, test } from 'vitest';
import type { ProjectDocument } from '../../../hub/catalog/documents.ts';
import { SignatureCheck } from '../../../hub/sources/signature-check.ts';

test('a chart is not asked for the signature of a commit, a Git source beside it is', async () => {
  const asked: string[] = [];
  const git = {
    readCommit: async (url: string) => {
      asked.push(url);
      return new Uint8Array();
    },
  };
  const check = new SignatureCheck(git, { verify: async () => ({ type: 'unsigned' }) });
  const project = {
    name: 'shop',
    signatures: [{ repos: ['*'], mode: 'head', keys: ['alice'], field: 'spec.signatureKeys' }],
    location: { file: 'fleet/projects/shop.yaml' },
    fieldLines: new Map(),
  } as unknown as ProjectDocument;
  const commit = { id: 'a'.repeat(40) };
  const chart = { source: { type: 'chart', repoURL: 'https://charts.example.com' }, commit } as const;
  expect(await check.check({ project }, [chart])).toEqual([]);
  const source = { source: { type: 'git', repoURL: 'https://git.example.com/a.git' }, commit } as const;
  expect(await check.check({ project }, [chart, source])).toMatchObject([{ code: 'signature' }]);
  expect(asked).toEqual(['https://git.example.com/a.git']);
});
