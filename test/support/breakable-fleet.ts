import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import { formatLocation } from '../../core/problem.ts';
import { openRender } from '../../hub/render/open-render.ts';
import { ensureBinaries } from '../clusters/binaries.ts';
import { administration, applicationText, configMapText } from './fleet-texts.ts';
import type { FileChanges } from './git-repo.ts';
import { type LoopRig, type LoopRigOptions, openLoopRig } from './loop-rig.ts';
import { recordLog } from './record-log.ts';

/**
 * A fleet below `catalog/` to be broken: `web` and `steady` of `apps.git` on cluster one, `released` of its branch
 * `release` and the kustomization `shop` of `shop.git` on cluster two. Every application carries the resources finalizer:
 * if anything counted as removed, its objects would be deleted.
 */
export interface BreakableFleet {
  readonly rig: LoopRig;
  /** Texts of the four documents, by path below `catalog/`. */
  readonly documents: FileChanges;
  /** Changes `steady` in the same pass as what `breakIt` does, and looks that this alone reached a cluster. */
  steadyGoesOn(breakIt: () => Promise<unknown>): Promise<void>;
  /** The one gate of an application: its kind, the place that it names, and what it says. */
  gateOf(name: string): Promise<Gate>;
  /** Looks that no head has changed since `remember`, or since the start. */
  untouched(): Promise<void>;
  remember(): Promise<void>;
  close(): Promise<void>;
}

interface Gate {
  readonly kind: string;
  readonly at: string;
  readonly reason: string;
  readonly remedy: string;
}

export async function openBreakableFleet(
  options: Pick<LoopRigOptions, 'implementation' | 'fail' | 'signatures'> = {},
): Promise<BreakableFleet> {
  const tmpDir = await mkdtemp(join(tmpdir(), 'fairlead-freezing-'));
  const { kustomize } = await ensureBinaries(['kustomize'], {
    log: (line) => process.stderr.write(`${line}\n`),
  });
  const render = await openRender({ helm: undefined, kustomize: kustomize.path, tmpDir, log: recordLog() });
  const rig = await openLoopRig({
    render,
    repositories: ['apps.git', 'shop.git'],
    path: 'catalog',
    ...options,
  });
  const documents = documentsOf(rig);
  await commitSources(rig);
  await rig.commit(below('catalog', { ...administration, ...documents }));
  expect(rig.loop.problems()).toEqual([]);
  expect([...(await rig.head('one')).entries.keys()]).toEqual(['argocd/steady', 'argocd/web']);
  expect([...(await rig.head('two')).entries.keys()]).toEqual(['argocd/released', 'argocd/shop']);
  let before = await rig.heads();
  rig.takeGenerations();
  return {
    rig,
    documents,
    steadyGoesOn: (breakIt) => steadyGoesOn(rig, breakIt),
    gateOf: (name) => gateOf(rig, name),
    async untouched() {
      expect(await rig.heads()).toEqual(before);
      expect(rig.takeGenerations().flat()).toEqual([]);
    },
    async remember() {
      before = await rig.heads();
      rig.takeGenerations();
    },
    async close() {
      await rig.close();
      await rm(tmpDir, { recursive: true, force: true });
    },
  };
}

export function below(folder: string, changes: FileChanges): FileChanges {
  return Object.fromEntries(Object.entries(changes).map(([path, change]) => [`${folder}/${path}`, change]));
}

async function commitSources(rig: LoopRig): Promise<void> {
  const apps = rig.repo('apps.git');
  await apps.commit({
    'web/config.yaml': configMapText('web', 'first'),
    'steady/config.yaml': configMapText('steady', 'first'),
  });
  await apps.git('branch', 'release');
  await rig.repo('shop.git').commit({
    'base/kustomization.yaml': 'resources: [config.yaml]\n',
    'base/config.yaml': configMapText('shop', 'first'),
    'overlay/kustomization.yaml': 'resources: [../base]\n',
  });
}

function documentsOf(rig: LoopRig): FileChanges {
  const own = { repoURL: rig.url('apps.git'), finalizer: 'resources' } as const;
  const released = { ...own, path: 'web', revision: 'release', cluster: 'two' };
  const shop = { ...own, repoURL: rig.url('shop.git'), path: 'overlay', cluster: 'two', project: 'shop' };
  return {
    'applications/web.yaml': applicationText('web', own),
    'applications/steady.yaml': applicationText('steady', own),
    'applications/released.yaml': applicationText('released', released),
    'applications/shop.yaml': applicationText('shop', shop),
  };
}

async function steadyGoesOn(rig: LoopRig, breakIt: () => Promise<unknown>): Promise<void> {
  const [one, two] = [await rig.head('one'), await rig.head('two')];
  await breakIt();
  // Another text each time.
  await rig
    .repo('apps.git')
    .commit({ 'steady/config.yaml': configMapText('steady', `second-${one.generation}`) });
  await rig.pass();
  const next = await rig.head('one');
  expect(next.generation).toBe(one.generation + 1);
  const changed = [...next.entries].filter(([name, digest]) => one.entries.get(name) !== digest);
  expect(changed.map(([name]) => name)).toEqual(['argocd/steady']);
  expect(next.entries.size).toBe(one.entries.size);
  expect(await rig.head('two')).toEqual(two);
}

async function gateOf(rig: LoopRig, name: string): Promise<Gate> {
  const gates = (await rig.record(name))?.gates ?? [];
  expect(gates).toHaveLength(1);
  const [gate] = gates;
  if (gate === undefined) throw new Error(`${name} has no gate`);
  const { kind, location, reason, remedy } = gate;
  return { kind, at: location === undefined ? '' : formatLocation(location), reason, remedy };
}
