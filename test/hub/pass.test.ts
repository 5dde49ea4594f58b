import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { buildCatalog } from '../../hub/catalog/build-catalog.ts';
import { foldFiles } from '../../hub/catalog/fold-files.ts';
import { strippedRecord } from '../../hub/desired/decommission.ts';
import { recordOf } from '../../hub/desired/outcome.ts';
import { findOutcomes, type PassContents } from '../../hub/pass.ts';
import type { ApplicationRecord, RenderPort, StorePort } from '../../hub/ports.ts';
import { openRender } from '../../hub/render/open-render.ts';
import { resolve } from '../../hub/resolve/resolve.ts';
import type { SignatureCheck } from '../../hub/sources/signature-check.ts';
import { administration, applicationText, configMapText } from '../support/fleet-texts.ts';
import { recordLog } from '../support/record-log.ts';
import { sourceTreeOf } from '../support/source-tree.ts';

let tmpDir: string;
let render: RenderPort;

beforeAll(async () => {
  tmpDir = await mkdtemp(join(tmpdir(), 'fairlead-pass-'));
  render = await openRender({ helm: undefined, kustomize: undefined, tmpDir, log: recordLog() });
});
afterAll(() => rm(tmpDir, { recursive: true, force: true }));

const texts = {
  ...administration,
  'applications/web.yaml': applicationText('web', { repoURL: 'https://git.example.com/web.git' }),
};
const versions = Object.entries(texts).map(([path, text]) => ({ path, oid: path, text: String(text) }));
const catalog = buildCatalog(foldFiles([], versions));
const resolution = resolve(catalog);
const files = sourceTreeOf({ 'web/config.yaml': configMapText('web', '1') });
const commit = { id: 'c'.repeat(40), author: 'Ada', committedAt: '2026-11-03T12:00:00.000Z', subject: 'web' };

/** One pass over the one application, after what is remembered and on record. */
async function pass(
  remembered: PassContents['remembered'],
  record: ApplicationRecord | undefined,
): Promise<{ readonly contents: PassContents; readonly record: ApplicationRecord | undefined }> {
  const previous = new Map(record === undefined ? [] : [[record.application, record]]);
  const { outcomes, contents } = await findOutcomes(catalog, resolution, {
    store: {
      digestKey: new Uint8Array(32),
      readRender: async () => undefined,
      readBlobs: async () => new Map(),
    } as Partial<StorePort> as StorePort,
    render,
    sources: {
      read: async ({ sources }) => ({
        type: 'ready',
        sources: sources.map((source) => ({ source, commit, files })),
      }),
    },
    signatures: { check: async () => [] } as Partial<SignatureCheck> as SignatureCheck,
    clusters: new Map(),
    previous,
    remembered,
    failures: new Map(),
    now: () => new Date(0),
    signal: new AbortController().signal,
  });
  const [outcome] = outcomes;
  return { contents, record: outcome === undefined ? undefined : recordOf(outcome, previous) };
}

it('what is remembered counts only for the record that it was remembered with', async () => {
  const first = await pass(new Map(), undefined);
  expect(first.contents.rendered).toBe(1);
  const second = await pass(first.contents.remembered, first.record);
  const third = await pass(second.contents.remembered, second.record);
  expect([second.contents.rendered, third.contents.rendered]).toEqual([0, 0]);
  // The same object: what is as it was costs no record.
  expect(third.record).toBe(second.record);

  // Its cluster left and came back: nothing of it is stored any more.
  const gone = first.record === undefined ? undefined : strippedRecord(first.record);
  const back = await pass(third.contents.remembered, gone);
  expect(back.contents.rendered).toBe(1);
  expect(back.record).toEqual(first.record);
});

it('an outcome keeps what its own record has, not what another had', () => {
  const facts = { application: 'argocd/web' } as ApplicationRecord;
  const gate = { kind: 'refusal', reason: 'no', remedy: 'ask' } as const;
  const outcome = { type: 'refused', facts, gate } as const;
  for (const digest of ['sha256:1', 'sha256:2', 'sha256:1'] as const) {
    const before = { ...facts, digest } as ApplicationRecord;
    expect(recordOf(outcome, new Map([['argocd/web', before]]))?.digest).toBe(digest);
  }
});
