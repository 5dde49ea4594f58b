import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openHosts } from '../hub/hosts/open-hosts.ts';
import { promote } from '../hub/proposal/promote.ts';
import { rollback } from '../hub/proposal/rollback.ts';
import { openRender } from '../hub/render/open-render.ts';
import { ensureBinaries } from '../test/clusters/binaries.ts';
import { waitUntil } from '../test/clusters/wait.ts';
import { applicationText, clusterText, fleetText, projectText } from '../test/support/fleet-texts.ts';
import { type LoopRig, openLoopRig } from '../test/support/loop-rig.ts';
import { recordLog } from '../test/support/record-log.ts';
import { type Figure, figureOf } from './figures.ts';

const fileCount = 40_000;
const filesPerFolder = 40;
const repetitions = 10;

/**
 * Promotion and rollback in a repository of 40,000 files on a local HTTP Git server, from the request to the pushed
 * branch, on a hub that has read the repository before. Needs no cluster.
 */
export async function measurePromotion(
  implementation: 'git' | 'isomorphic-git' = 'git',
  say: (line: string) => void = () => undefined,
): Promise<readonly Figure[]> {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-bench-promotion-'));
  const { kustomize } = await ensureBinaries(['kustomize'], { log: say });
  const render = await openRender({
    helm: undefined,
    kustomize: kustomize.path,
    tmpDir: dir,
    log: recordLog(),
  });
  const rig = await openLoopRig({ render, repositories: ['apps.git'], implementation });
  try {
    await fill(rig);
    const hosts = openHosts({ hosts: [], clock: { now: () => new Date() } });
    const { git, store, fleet } = rig;
    const deps = {
      git,
      hosts,
      render,
      store,
      fleet,
      catalog: () => rig.loop.catalog(),
      resolution: () => rig.loop.resolution(),
    };
    const [promotions, rollbacks]: [number[], number[]] = [[], []];
    for (let version = 2; version < 2 + repetitions; version += 1) {
      await release(rig, 'staging', version);
      promotions.push(
        await timed(() =>
          promote(deps, { key: 'web', from: 'staging', to: 'prod', allowUnhealthy: false, dryRun: false }),
        ),
      );
      await release(rig, 'prod', version);
      rollbacks.push(await timed(() => rollback(deps, 'argocd/web-prod', { dryRun: false })));
    }
    const suffix = implementation === 'git' ? '' : '-embedded';
    return [
      figureOf(`promotion-40k-files${suffix}`, 's', promotions),
      figureOf(`rollback-40k-files${suffix}`, 's', rollbacks),
    ];
  } finally {
    await rig.close();
    await rm(dir, { recursive: true, force: true });
  }
}

const overlay = (version: number): string =>
  `resources: [../base]\nimages:\n  - name: web\n    newTag: 1.0.${version} # moved by promotion\n`;

async function fill(rig: LoopRig): Promise<void> {
  const files: Record<string, string> = {
    'web/base/kustomization.yaml': 'resources: [web.yaml]\n',
    'web/base/web.yaml': `apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  template:
    spec:
      containers: [{ name: web, image: web }]
`,
    'web/staging/kustomization.yaml': overlay(1),
    'web/prod/kustomization.yaml': overlay(1),
  };
  for (let index = 0; index < fileCount; index += 1) {
    const folder = Math.floor(index / filesPerFolder);
    const text = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: c${index} }\n`;
    files[`apps/team-${Math.floor(folder / 50)}/app-${folder}/file-${index}.yaml`] = text;
  }
  await rig.repo('apps.git').commit(files);
  const environments = ['staging', 'prod'];
  const own = (name: string): string =>
    applicationText(`web-${name}`, {
      repoURL: rig.url('apps.git'),
      path: `web/${name}`,
      cluster: name,
    });
  await rig.commit({
    'fleet/fleet.yaml': fleetText(environments),
    'fleet/project.yaml': projectText('platform'),
    ...Object.fromEntries(
      environments.flatMap((name) => [
        [`fleet/${name}.yaml`, clusterText(name).replace('environment: test', `environment: ${name}`)],
        [`applications/web-${name}.yaml`, own(name)],
      ]),
    ),
  });
  for (const name of environments) {
    await arrived(rig, name, () => true);
    await report(rig, name);
  }
}

/** A version is committed, and its agent has applied it. */
async function release(rig: LoopRig, environment: string, version: number): Promise<void> {
  const changes = { [`web/${environment}/kustomization.yaml`]: overlay(version) };
  const commit = await rig.repo('apps.git').commit(changes);
  await rig.pass();
  await arrived(rig, environment, (found) => found === commit);
  await report(rig, environment);
}

/** A first fetch may take longer than a pass waits for it. */
async function arrived(rig: LoopRig, environment: string, test: (commit: string) => boolean): Promise<void> {
  await waitUntil(
    `web-${environment} is decided`,
    async () => {
      const record = await rig.record(`web-${environment}`);
      return record?.digest !== undefined && test(record.commit?.id ?? '') ? record : undefined;
    },
    { limitMs: 300_000 },
  );
}

let sequence = 0;

async function report(rig: LoopRig, environment: string): Promise<void> {
  const record = await rig.record(`web-${environment}`);
  const digest = record?.digest;
  if (digest === undefined) throw new Error(`web-${environment} has no desired state`);
  sequence += 1;
  const nothing = { objects: [], drifts: [], failures: [], gates: [] };
  const status = {
    application: `argocd/web-${environment}`,
    digest,
    sync: 'Synced',
    appliedDigest: digest,
    appliedAt: new Date(Date.UTC(2026, 10, 3) + sequence * 60_000).toISOString(),
    health: { status: 'Healthy', message: '' },
    ...nothing,
  } as const;
  await rig.store.saveReports(environment, [{ sequence, report: { type: 'application', status } }]);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
