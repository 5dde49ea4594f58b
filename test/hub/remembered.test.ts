import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RenderPort, RenderRequest, Tree, TreeEntry } from '../../hub/ports.ts';
import { recall } from '../../hub/remembered.ts';
import { openRender } from '../../hub/render/open-render.ts';
import type { Assignment } from '../../hub/resolve/assignment.ts';
import { ensureBinaries } from '../clusters/binaries.ts';
import { administration, applicationText, configMapText, fleetText } from '../support/fleet-texts.ts';
import type { FileChanges } from '../support/git-repo.ts';
import { type LoopRig, openLoopRig } from '../support/loop-rig.ts';
import { recordLog } from '../support/record-log.ts';

let tmpDir: string;
let render: RenderPort;
let rig: LoopRig | undefined;
/** Applications that were prepared since it was emptied last. */
const prepared: string[] = [];

beforeAll(async () => {
  tmpDir = await mkdtemp(join(tmpdir(), 'fairlead-remembered-'));
  const { helm, kustomize } = await ensureBinaries(['helm', 'kustomize'], {
    log: (line) => process.stderr.write(`${line}\n`),
  });
  const opened = await openRender({ helm: helm.path, kustomize: kustomize.path, tmpDir, log: recordLog() });
  render = {
    prepare(request: RenderRequest) {
      prepared.push(request.applicationName);
      return opened.prepare(request);
    },
  };
}, 300_000);

afterAll(() => rm(tmpDir, { recursive: true, force: true }));
afterEach(async () => {
  await rig?.close();
  rig = undefined;
});

describe('what is remembered of an application', () => {
  const file: TreeEntry = { type: 'blob', oid: 'a1' };
  const folder: TreeEntry = { type: 'tree', oid: 't1' };
  const assignment = {} as Assignment;
  const known = {
    assignment,
    report: 'r',
    commits: '',
    renderKey: 'k',
    inputs: 'i',
    reads: [
      {
        source: 0,
        reads: new Map([
          ['web/a.yaml', file],
          ['web', folder],
          ['web/Chart.yaml', undefined],
          ['', { type: 'tree', oid: '' } as const],
        ]),
      },
    ],
  };
  const tree: Tree = new Map([
    ['', { type: 'tree', oid: 'root' }],
    ['web', folder],
    ['web/a.yaml', file],
  ]);
  const facts = { assignment, report: 'r', commits: '' };

  it('holds while all that was looked at stands as it stood, in another commit too', () => {
    expect(recall(known, facts, [tree])).toBe(known);
    const other: Tree = new Map([
      ...tree,
      ['', { type: 'tree', oid: 'other root' }],
      ['api/b.yaml', { type: 'blob', oid: 'b1' }],
      ['web/a.yaml', { ...file }],
    ]);
    expect(recall(known, facts, [other])).toBe(known);
  });

  it.each<[string, Tree, Partial<typeof facts>]>([
    ['a file changes', new Map([...tree, ['web/a.yaml', { type: 'blob', oid: 'a2' }]]), {}],
    ['a file becomes a link', new Map([...tree, ['web/a.yaml', { type: 'symlink', oid: 'a1' }]]), {}],
    ['a file goes', new Map([...tree].filter(([path]) => path !== 'web/a.yaml')), {}],
    ['a listed folder changes', new Map([...tree, ['web', { type: 'tree', oid: 't2' }]]), {}],
    ['what was absent appears', new Map([...tree, ['web/Chart.yaml', { type: 'blob', oid: 'c1' }]]), {}],
    ['a folder becomes a link', new Map([...tree, ['', { type: 'symlink', oid: '' }]]), {}],
    ['its documents say something else', tree, { assignment: { ...assignment } }],
    ['the agent reports something else', tree, { report: 's' }],
    ['a commit that is filled in is another', tree, { commits: 'c' }],
  ])('counts no longer where %s', (_what, now, other) => {
    expect(recall(known, { ...facts, ...other }, [now])).toBeUndefined();
  });

  it('is nothing where nothing is known', () => {
    expect(recall(undefined, facts, [tree])).toBeUndefined();
  });
});

const overlay = (name: string) => `resources: [../base]\nnamePrefix: ${name}-\n`;
const chart = 'apiVersion: v2\nname: web\nversion: 1.0.0\n';
const template =
  'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: "{{ .Release.Name }}" }\ndata: { v: "{{ .Values.v }}" }\n';

/** Two of plain files, two overlays of one base, one chart with a value file that may be absent. */
async function openMixed(): Promise<LoopRig> {
  const opened = await openLoopRig({ render, repositories: ['apps.git'] });
  await opened.repo('apps.git').commit({
    'plain/a.yaml': configMapText('plain', '1'),
    'other/a.yaml': configMapText('other', '1'),
    'base/kustomization.yaml': 'resources: [map.yaml]\n',
    'base/map.yaml': configMapText('base', '1'),
    'one/kustomization.yaml': overlay('one'),
    'two/kustomization.yaml': overlay('two'),
    'chart/Chart.yaml': chart,
    'chart/values.yaml': 'v: "1"\n',
    'chart/templates/map.yaml': template,
  });
  const repoURL = opened.url('apps.git');
  const names = ['plain', 'other', 'one', 'two'];
  const helm = '    helm: { valueFiles: [extra.yaml], ignoreMissingValueFiles: true }\n';
  await opened.commit({
    ...administration,
    ...Object.fromEntries(
      names.map((name) => [`applications/${name}.yaml`, applicationText(name, { repoURL })]),
    ),
    'applications/chart.yaml': applicationText('chart', { repoURL }).replace(
      '    path: chart\n',
      `    path: chart\n${helm}`,
    ),
  });
  return opened;
}

describe('a pass', () => {
  it('looks closer only at applications that a commit touches', async () => {
    rig = await openMixed();
    prepared.length = 0;
    await rig.repo('apps.git').commit({ 'plain/a.yaml': configMapText('plain', '2') });
    await rig.pass('apps.git');
    expect(prepared).toEqual(['plain']);
    prepared.length = 0;
    await rig.repo('apps.git').commit({ 'base/map.yaml': configMapText('base', '2') });
    await rig.pass('apps.git');
    expect(prepared.toSorted()).toEqual(['one', 'two']);
    prepared.length = 0;
    await rig.repo('apps.git').commit({ 'chart/extra.yaml': 'v: "2"\n' });
    await rig.pass('apps.git');
    expect(prepared).toEqual(['chart']);
    prepared.length = 0;
    await rig.pass('apps.git');
    expect(prepared).toEqual([]);
  });

  const changes: Readonly<Record<string, FileChanges>> = {
    'plain edited': { 'plain/a.yaml': configMapText('plain', '3') },
    'plain grows': { 'plain/b.yaml': configMapText('more', '1') },
    'plain shrinks': { 'plain/b.yaml': null },
    'plain broken': { 'plain/a.yaml': 'kind: [' },
    'plain gone': { 'plain/a.yaml': null },
    'other becomes a kustomization': { 'other/kustomization.yaml': 'resources: [a.yaml]\nnameSuffix: -k\n' },
    'other is plain again': { 'other/kustomization.yaml': null },
    'other becomes a chart': { 'other/Chart.yaml': chart.replace('web', 'other') },
    'other is no chart': { 'other/Chart.yaml': null },
    'base edited': { 'base/map.yaml': configMapText('base', '3') },
    'base broken': { 'base/kustomization.yaml': 'resources: [gone.yaml]\n' },
    'base mended': { 'base/kustomization.yaml': 'resources: [map.yaml]\n' },
    'one becomes a link': { 'one/kustomization.yaml': { symlink: '../two/kustomization.yaml' } },
    'one is itself': { 'one/kustomization.yaml': overlay('one') },
    'chart has more values': { 'chart/extra.yaml': 'v: "5"\n' },
    'chart has fewer': { 'chart/extra.yaml': null },
    'chart edited': { 'chart/values.yaml': 'v: "6"\n' },
  };
  const fleets: Readonly<Record<string, FileChanges>> = {
    'a stricter environment': {
      'fleet/fleet.yaml': fleetText().replace('name: test', 'name: test, mode: sync'),
    },
    'the environment as it was': { 'fleet/fleet.yaml': fleetText() },
  };
  const steps = [...Object.keys(changes), ...Object.keys(fleets), 'capabilities'];

  it('never misses what a hub that starts anew would find', async () => {
    const opened = await openMixed();
    rig = opened;
    const step = async (name: string): Promise<void> => {
      if (name === 'capabilities') {
        await opened.reportCapabilities('one', { apiVersions: [`v${prepared.length}`] });
      } else if (fleets[name] === undefined) {
        await opened.repo('apps.git').commit(changes[name] ?? {});
        await opened.pass('apps.git');
      } else {
        await opened.commit(fleets[name]);
      }
    };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom(...steps), { minLength: 1, maxLength: 3 }), async (names) => {
        for (const name of names) await step(name);
        const records = (await opened.store.readFleet()).applications;
        opened.takeGenerations();
        await opened.restart();
        await opened.pass();
        expect(opened.takeGenerations()).toEqual([]);
        expect((await opened.store.readFleet()).applications).toEqual(records);
      }),
      { numRuns: 8, seed: 20_261_126, endOnFailure: true },
    );
  }, 180_000);
});
