import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Closers } from '../../demo/closers.ts';
import { clusterNames } from '../../demo/clusters.ts';
import {
  deploymentRef,
  editPaymentsImage,
  getApplication,
  isLive,
  listApplications,
  listDrifts,
  paymentsRef,
  readApplications,
  readPaymentsImage,
} from '../../demo/fleet-view.ts';
import { hasTag, tagOf } from '../../demo/pinned-image.ts';
import type { Evidence, Story } from '../../demo/step.ts';
import { applicationsLive } from '../../demo/steps/applications-live.ts';
import { badTag, badVersion } from '../../demo/steps/bad-version.ts';
import { driftHealed, editedImage } from '../../demo/steps/drift-healed.ts';
import { driftLeft } from '../../demo/steps/drift-left.ts';
import { enrol } from '../../demo/steps/enrol.ts';
import { imageCommit } from '../../demo/steps/image-commit.ts';
import { promotedTag, promoteToProd, promoteToStaging } from '../../demo/steps/promotion.ts';
import { refusal, refusedName } from '../../demo/steps/refusal.ts';
import { revert } from '../../demo/steps/revert.ts';
import { rollback } from '../../demo/steps/rollback.ts';
import { steps } from '../../demo/story.ts';
import { waitFor } from '../../demo/wait-for.ts';
import { lastTroubles, openWorld, type World } from '../../demo/world.ts';

/** The demo's story, asserted: each test builds on those before it. */
describe('the story of the demo', () => {
  const closers = new Closers();
  let world: World;
  let story: Story;
  let pids: readonly number[] = [];
  let hasFailed = false;

  beforeAll(async () => {
    world = await openWorld({ show: () => undefined }, closers);
    story = { world, show: () => undefined, commits: new Map() };
  });

  afterAll(async () => {
    if (hasFailed) console.error(lastTroubles(world.logs));
    await closers.close();
  });

  /** A test that stops the story where it fails: what comes after would only repeat it. */
  function scene(title: string, tell: () => Promise<void>): void {
    it(title, async ({ skip }) => {
      if (hasFailed) skip('an earlier scene failed');
      hasFailed = true;
      await tell();
      hasFailed = false;
    });
  }

  const fairlead = async (...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await world.fairlead(...args);
    expect({ code, stderr }, `fairlead ${args.join(' ')}`).toEqual({ code: 0, stderr: '' });
    return stdout;
  };

  scene('three agents enrol by the CLI and connect', async () => {
    const { lines } = await enrol(story);

    expect(lines).toHaveLength(3);
    for (const name of clusterNames) {
      expect(await fairlead('cluster', 'list')).toMatch(new RegExp(`^${name}\\b.*connected`, 'm'));
    }
  });

  scene('plain YAML, Kustomize and Helm applications are live on three clusters', async () => {
    await applicationsLive(story);

    const applications = await readApplications(world);
    expect(applications).toHaveLength(9);
    expect(applications.every(isLive)).toBe(true);
    for (const { live } of world.clusters) {
      for (const name of ['payments', 'guestbook', 'storefront']) {
        const deployment = await live.read(deploymentRef(world, name));
        expect(deployment?.['status']).toMatchObject({ readyReplicas: expect.any(Number) });
      }
    }
    const list = await fairlead('app', 'list');
    for (const { name } of applications) expect(list).toMatch(new RegExp(`${name}\\b.*Synced`));
  });

  scene('what is live is shown down to the pods, without a kubeconfig', async () => {
    const tree = await fairlead('app', 'tree', 'payments-staging');

    expect(tree).toMatch(/^Deployment payments\/payments\b/m);
    expect(tree).toMatch(/^└ ReplicaSet payments-/m);
    expect(tree).toMatch(/^│ └ Pod payments-/m);
    const live = JSON.parse(
      await fairlead('app', 'live', 'payments-staging', 'deploy/payments', '-o', 'json'),
    );
    expect(live).toMatchObject({ kind: 'Deployment', metadata: { namespace: 'payments', name: 'payments' } });
    const other = await world.fairlead('app', 'live', 'payments-staging', 'deployment/guestbook/guestbook');
    expect(other).toMatchObject({ code: 3, stderr: expect.stringContaining('is not of application') });
  });

  scene('a commit that changes an image reaches all clusters', async () => {
    const { lines } = await imageCommit(story);

    for (const name of clusterNames) {
      expect(await readPaymentsImage(world, name)).toMatch(
        /^ghcr\.io\/stefanprodan\/podinfo:6\.9\.1@sha256:/,
      );
    }
    const commit = story.commits.get('image') ?? '';
    expect(lines.join('\n')).toContain(commit.slice(0, 7));
    expect(await fairlead('app', 'get', 'payments-staging')).toContain(commit.slice(0, 7));
  });

  scene(
    'an edit in staging is shown with object, field, values, writer and time, and is healed',
    async () => {
      const { lines } = await driftHealed(story);

      const evidence = lines.join('\n');
      expect(evidence).toContain('Deployment payments/payments on staging');
      expect(evidence).toContain('spec.template.spec.containers[name=payments].image');
      expect(evidence).toContain(` → ${editedImage}`);
      expect(evidence).toMatch(/by kubectl-edit, written \d\d:\d\d:\d\d, seen \d\d:\d\d:\d\d/);
      expect(await readPaymentsImage(world, 'staging')).toMatch(
        /^ghcr\.io\/stefanprodan\/podinfo:6\.9\.1@sha256:/,
      );
      const [entry] = await listDrifts(world, 'payments-staging');
      const list = await fairlead('drift', 'list', '--state', 'all');
      expect(list).toMatch(
        new RegExp(`${entry?.drift.id}.*Deployment payments/payments.*kubectl-edit.*healed`),
      );
      const shown = await fairlead('drift', 'show', entry?.drift.id ?? '');
      for (const part of ['containers[name=payments].image', editedImage, 'podinfo:6.9.1', 'kubectl-edit']) {
        expect(shown).toContain(part);
      }
    },
  );

  scene('the same edit in prod is reported and left alone until the next sync', async () => {
    const { lines } = await driftLeft(story);

    const evidence = lines.join('\n');
    expect(evidence).toContain('Deployment payments/payments on prod');
    expect(evidence).toContain(`OutOfSync in mode sync: ${editedImage} is still live`);
    expect(await readPaymentsImage(world, 'prod')).toMatch(
      /^ghcr\.io\/stefanprodan\/podinfo:6\.9\.1@sha256:/,
    );
    const [entry] = await listDrifts(world, 'payments-prod');
    expect(entry).toMatchObject({ state: 'closed', end: 'synced' });
    expect((await world.fairlead('drift', 'list', '--exit-code')).code).toBe(0);
  });

  scene(
    'an application outside its project is refused with the rule, and nothing of it is sent',
    async () => {
      const { lines } = await refusal(story);

      const rule = /fleet\/projects\/platform\.yaml:(\d+)/.exec(lines.join('\n'));
      const line = world.repository.read('fleet/projects/platform.yaml').split('\n')[Number(rule?.[1]) - 1];
      expect(line).toContain('destinations:');
      expect(await fairlead('app', 'get', refusedName)).toContain(rule?.[0]);
      const namespace = 'kube-system';
      const { live } = world.cluster('staging');
      expect(await live.read({ ...paymentsRef(world), namespace })).toBeUndefined();
      const { code, stderr } = await world.fairlead('app', 'sync', refusedName);
      expect(code).toBe(1);
      expect(stderr).toContain(namespace);
    },
  );

  scene('git revert rolls the change back on every cluster', async () => {
    await revert(story);

    const tags = await Promise.all(clusterNames.map(async (name) => readPaymentsImage(world, name)));
    expect(tags.map(tagOf)).toEqual(['6.9.0', '6.8.0', '6.7.1']);
    expect((await listApplications(world)).map((each) => each.name)).not.toContain(refusedName);
  });

  const tagsOf = async (): Promise<readonly string[]> => {
    const images = await Promise.all(clusterNames.map(async (name) => readPaymentsImage(world, name)));
    return images.map(tagOf);
  };

  scene('a new version in dev reaches staging by merging what promote proposed, and prod stays', async () => {
    await promoteToStaging(story);

    expect(await tagsOf()).toEqual([promotedTag, promotedTag, '6.7.1']);
  });

  scene('what runs in staging reaches prod by merging, and promoting again changes nothing', async () => {
    await promoteToProd(story);

    expect(await tagsOf()).toEqual([promotedTag, promotedTag, promotedTag]);
    const again = await fairlead('promote', 'payments', '--from', 'staging', '--to', 'prod', '-o', 'json');
    expect(JSON.parse(again)).toMatchObject({ state: 'unchanged', files: [] });
  });

  scene('a bad version in prod is told to the incident channel as degraded', async () => {
    const { lines } = await badVersion(story);

    expect(lines.join('\n')).toMatch(/alert critical: prod\/payments-prod .*degraded.*timed out progressing/);
    const incidents = JSON.parse(await fairlead('incident', 'list', '-o', 'json'));
    expect(incidents).toContainEqual(
      expect.objectContaining({
        trigger: 'degraded',
        subject: expect.objectContaining({ application: 'argocd/payments-prod' }),
      }),
    );
  });

  scene('one rollback and a merge bring the version before back, and the alert resolves once', async () => {
    await rollback(story);

    expect(await tagsOf()).toEqual([promotedTag, promotedTag, promotedTag]);
    const told = world.alerts.about('argocd/payments-prod', 'degraded').map((alert) => alert.state);
    expect(told.slice(-2)).toEqual(['firing', 'resolved']);
    expect(JSON.parse(await fairlead('incident', 'list', '-o', 'json'))).toEqual([]);
  });

  scene('git log alone tells what happened, and so does the history of the application', async () => {
    const log = (await world.repository.log()).map((line) => line.replace(/^\S+ .*?: /, ''));

    expect(log.slice(0, 8)).toEqual([
      expect.stringMatching(/^Merge fairlead\/rollback-payments-prod-/),
      expect.stringMatching(/^Roll back payments-prod to /),
      `payments: ${badTag} in prod`,
      expect.stringMatching(/^Merge fairlead\/promote-payments-prod-/),
      `Promote payments to prod: podinfo ${promotedTag}`,
      expect.stringMatching(/^Merge fairlead\/promote-payments-staging-/),
      `Promote payments to staging: podinfo ${promotedTag}`,
      `payments: ${promotedTag} in dev`,
    ]);
    const history = JSON.parse(await fairlead('app', 'history', 'payments-prod', '-o', 'json'));
    const subjects = history.map((entry: { commit: { subject: string } }) => entry.commit.subject);
    expect(subjects.slice(0, 3)).toEqual([
      expect.stringMatching(/^Merge fairlead\/rollback-/),
      `payments: ${badTag} in prod`,
      expect.stringMatching(/^Merge fairlead\/promote-payments-prod-/),
    ]);
  });

  scene('while the hub is away an edit is healed, and its history arrives later', async () => {
    const known = new Set((await listDrifts(world, 'payments-staging')).map((entry) => entry.drift.id));
    const hub = world.hub.process?.pid;
    await world.hub.stop();
    expect(isAlive(hub)).toBe(false);
    expect((await world.fairlead('app', 'list')).code).toBe(1);

    await editPaymentsImage(world, 'staging', editedImage);
    await waitFor(story, 'the image of Git back in staging', async () => {
      const image = await readPaymentsImage(world, 'staging');
      return hasTag(image, promotedTag) ? { done: true } : { seen: image };
    });
    await world.hub.start();

    const entry = await waitFor(story, 'the drift that the agent saw alone', async () => {
      const found = (await listDrifts(world, 'payments-staging')).find((each) => !known.has(each.drift.id));
      return found?.state === 'closed' ? { done: found } : { seen: found?.sentence ?? 'no new drift' };
    });
    expect(entry).toMatchObject({ end: 'healed', drift: { writer: { manager: 'kubectl-edit' } } });
    expect(isLive(await getApplication(world, 'payments-staging'))).toBe(true);
  });

  it('is the story that the demo tells', () => {
    const told: readonly ((story: Story) => Promise<Evidence>)[] = steps.map((step) => step.run);
    expect(told).toEqual([
      enrol,
      applicationsLive,
      imageCommit,
      driftHealed,
      driftLeft,
      refusal,
      revert,
      promoteToStaging,
      promoteToProd,
      badVersion,
      rollback,
    ]);
  });

  it('leaves nothing running', async () => {
    pids = world.pids();
    expect(pids.length).toBeGreaterThanOrEqual(4);

    await closers.close();

    expect(pids.filter(isAlive)).toEqual([]);
  });
});

function isAlive(pid: number | undefined): boolean {
  try {
    return pid !== undefined && process.kill(pid, 0);
  } catch {
    return false;
  }
}
