import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ApplicationStatus } from '../../core/status.ts';
import { openHosts } from '../../hub/hosts/open-hosts.ts';
import type { GitPort, HostPort, RenderPort, StorePort } from '../../hub/ports.ts';
import type { PromotionRequest } from '../../hub/promotion/promotion.ts';
import type { Proposal } from '../../hub/promotion/proposal.ts';
import { promote } from '../../hub/proposal/promote.ts';
import { openRender } from '../../hub/render/open-render.ts';
import { ensureBinaries } from '../clusters/binaries.ts';
import { type LoopRig, openLoopRig } from './loop-rig.ts';
import { recordLog } from './record-log.ts';

/** What a test says of a promotion; the rest is usual. */
export interface PromotionWish extends Partial<Omit<PromotionRequest, 'key'>> {
  /** In place of the rig's own, to count or to disturb. */
  readonly git?: GitPort;
  readonly render?: RenderPort;
  readonly hosts?: HostPort;
}

/** The hub's shell with real Git over HTTP and the real tools; agents are what a test says they reported. */
export interface PromotionRig {
  readonly hub: LoopRig;
  readonly render: RenderPort;
  /** Promotes from staging to prod unless told otherwise. */
  promote(key: string, wish?: PromotionWish): Promise<Proposal>;
  /** Says as an agent does that an application is applied and well, or what differs from that. */
  report(name: string, status?: Partial<ApplicationStatus>): Promise<void>;
  /** `report` for every application that the fleet has. */
  reportAll(): Promise<void>;
  /** A file at a branch of `fleet.git`. */
  read(path: string, branch?: string): Promise<string>;
  /** Branches of `fleet.git`. */
  branches(): Promise<readonly string[]>;
  close(): Promise<void>;
}

export async function openPromotionRig(repositories: readonly string[] = []): Promise<PromotionRig> {
  const { helm, kustomize } = await ensureBinaries(['helm', 'kustomize'], { log: () => undefined });
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-promotion-'));
  const render = await openRender({
    helm: helm.path,
    kustomize: kustomize.path,
    tmpDir: dir,
    log: recordLog(),
  });
  const rig = await openLoopRig({ render, repositories });
  const clock = { now: () => new Date('2026-11-03T14:00:00.000Z') };
  let sequence = 1000;

  async function report(name: string, status: Partial<ApplicationStatus> = {}): Promise<void> {
    const record = await rig.record(name);
    if (record === undefined) throw new Error(`there is no application ${name}`);
    sequence += 1;
    const whole = { ...wellStatus(record.application, record.digest ?? ''), ...status };
    await rig.store.saveReports(record.cluster, [
      { sequence, report: { type: 'application', status: whole } },
    ]);
  }

  return {
    hub: rig,
    render,
    promote: (key, { git: otherGit, render: otherRender, hosts, ...wish } = {}) =>
      promote(
        {
          git: otherGit ?? rig.git,
          hosts: hosts ?? openHosts({ hosts: [], clock }),
          render: otherRender ?? render,
          store: rig.store,
          fleet: rig.fleet,
          catalog: () => rig.loop.catalog(),
          resolution: () => rig.loop.resolution(),
        },
        { key, from: 'staging', to: 'prod', allowUnhealthy: false, dryRun: false, ...wish },
      ),
    report,
    async reportAll() {
      for (const { name } of await namesOf(rig.store)) await report(name);
    },
    read: async (path, branch = 'main') => await rig.repo('fleet.git').git('show', `${branch}:${path}`),
    async branches() {
      return (
        await rig.repo('fleet.git').git('for-each-ref', '--format=%(refname:short)', 'refs/heads')
      ).split('\n');
    },
    async close() {
      await rig.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

async function namesOf(store: StorePort): Promise<readonly { readonly name: string }[]> {
  return (await store.listApplications()).filter(({ digest }) => digest !== undefined);
}

function wellStatus(application: string, digest: string): ApplicationStatus {
  return {
    application,
    digest,
    sync: 'Synced',
    appliedDigest: digest,
    appliedAt: '2026-11-03T13:00:00.000Z',
    health: { status: 'Healthy', message: '' },
    objects: [],
    drifts: [],
    failures: [],
    gates: [],
  };
}
