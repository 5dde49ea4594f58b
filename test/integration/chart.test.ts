import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exampleFleet } from '../support/example-fleet.ts';
import { type FleetRig, openFleetRig, type RigCluster } from '../support/fleet-rig.ts';
import { missingLive, nameOf, readOwned, renderSource, uidsOf } from '../support/rendered.ts';
import { provideSurroundings } from '../support/surroundings.ts';

const name = 'storefront-prod';
const valuesPath = 'charts/storefront/values-prod.yaml';
const namespace = 'storefront';
const job = { apiVersion: 'batch/v1', kind: 'Job', name: 'storefront-migrations', namespace };
const secret = { apiVersion: 'v1', kind: 'Secret', name: 'storefront-session', namespace };

/** The example's Helm chart with all that its production values turn on; each test builds on those before it. */
describe('a Helm chart with a hook, a generated Secret and an autoscaler', () => {
  let rig: FleetRig;
  let prod: RigCluster;

  beforeAll(async () => {
    rig = await openFleetRig({
      clusters: ['prod'],
      controllers: 'kwok',
      files: (url) => exampleFleet(url, (path) => !/^applications\/(?!prod\/storefront)|^apps\//.test(path)),
    });
    prod = rig.cluster('prod');
  });

  afterAll(() => rig?.close());

  const values = (): Promise<string> => rig.repo.git('show', `main:${valuesPath}`);
  const jobUid = async (): Promise<string> => (await prod.live.get(job)).metadata.uid;
  async function settle(): Promise<void> {
    await rig.untilSynced(name);
    await rig.untilIdle();
  }

  it('is live field by field, after its hook has run once', async () => {
    await settle();

    const rendered = await renderSource(rig, {
      tool: 'helm',
      path: 'charts/storefront',
      release: 'storefront',
      namespace,
      values: 'values-prod.yaml',
    });
    expect(new Set(rendered.map(({ object }) => object.kind))).toEqual(
      new Set([
        ...['ConfigMap', 'Deployment', 'HorizontalPodAutoscaler', 'Ingress', 'NetworkPolicy'],
        ...['PodDisruptionBudget', 'Secret', 'Service', 'ServiceAccount'],
      ]),
    );
    expect(await missingLive(prod.live, rendered)).toEqual([]);
    expect([...(await readOwned(prod.live)).keys()].sort()).toEqual(
      rendered.map(({ object }) => nameOf(object)).sort(),
    );
    expect(prod.writes().filter((write) => write.includes('jobs'))).toEqual(['create jobs.batch 201']);
    const hook = await prod.live.get(job);
    const deployment = await prod.live.get({
      ...job,
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      name: 'storefront',
    });
    expect(hook.status.succeeded).toBe(1);
    expect(deployment.metadata.creationTimestamp >= hook.status.completionTime).toBe(true);
  });

  it('becomes healthy when load balancer and autoscaler are', async () => {
    await provideSurroundings(prod.live);
    await rig.until(name, 'is healthy', ({ health }) => health.status === 'Healthy');
  });

  it('sends no write and runs no hook for a commit that changes nothing, and after a restart', async () => {
    await rig.untilIdle();
    const [before, uid] = [uidsOf(await readOwned(prod.live)), await jobUid()];
    prod.forgetRequests();

    await rig.push({ 'README.md': 'Nothing that runs.\n' });
    await settle();
    expect(prod.writes()).toEqual([]);
    await prod.restartAgent();
    await settle();

    expect(prod.writes()).toEqual([]);
    expect(prod.requests('dry-run')).toBe(0);
    expect(await jobUid()).toBe(uid);
    expect(uidsOf(await readOwned(prod.live))).toEqual(before);
  });

  it('runs its hook once more for each sync that was asked for, and writes nothing else', async () => {
    const uid = await jobUid();
    prod.forgetRequests();

    expect(await rig.operate(name, 'sync')).toMatchObject({ phase: 'Succeeded' });

    expect(prod.writes()).toEqual(['delete jobs.batch 200', 'create jobs.batch 201']);
    expect(await jobUid()).not.toBe(uid);
  });

  it('loses exactly the object that its values turn off', async () => {
    const before = uidsOf(await readOwned(prod.live));
    const gone = `PodDisruptionBudget ${namespace}/storefront`;
    expect(before.has(gone)).toBe(true);
    const text = await values();

    await rig.push({ [valuesPath]: text.replace(/(podDisruptionBudget:\n {2}enabled:) true/, '$1 false') });
    await settle();

    expect(uidsOf(await readOwned(prod.live))).toEqual(
      new Map([...before].filter(([object]) => object !== gone)),
    );
  });

  it('never tells a value of its Secret: not in drifts, diffs, API answers, logs or files', async () => {
    const original: string = (await prod.live.get(secret)).data['session-key'];
    const foreign = Buffer.from('a key that somebody put there').toString('base64');

    await prod.live.patch(secret, { data: { 'session-key': foreign } });
    await rig.until(name, 'has drifted', ({ openDrifts, cause }) => openDrifts === 1 && cause === 'drifted');
    const diff = await rig.operate(name, 'diff');
    const [drift] = (await rig.application(name)).drifts;
    expect(drift).toMatchObject({ ref: { kind: 'Secret' }, fields: [{ path: 'data.session-key' }] });
    expect(drift?.fields[0]?.desired).not.toEqual(drift?.fields[0]?.live);
    expect(diff.message).toContain('session-key');

    const texts = new Map<string, string>([['logs', JSON.stringify(rig.log.entries)]]);
    const paths = ['applications', `applications/${name}`, 'clusters', 'clusters/prod', 'projects', 'status'];
    for (const path of [...paths, 'drifts', `drifts/${drift?.id}`, `operations/${diff.id}`]) {
      const answer = await fetch(`${rig.api}/api/v1/${path}`, {
        headers: { authorization: `Bearer ${rig.token}` },
      });
      expect(answer.status, path).toBe(200);
      texts.set(path, await answer.text());
    }
    for (const folder of ['hub', 'agent-prod']) {
      for (const file of await filesBelow(join(rig.dir, folder)))
        texts.set(file, await readFile(file, 'latin1'));
    }
    expect(texts.size).toBeGreaterThan(20);
    expect(texts.get(`drifts/${drift?.id}`)).toContain('session-key');
    const needles = [original, foreign].flatMap((value) => [value, Buffer.from(value, 'base64').toString()]);
    const leaks = [...texts].filter(([, text]) => needles.some((needle) => text.includes(needle)));
    expect(leaks.map(([where]) => where)).toEqual([]);

    expect(await rig.operate(name, 'sync')).toMatchObject({ phase: 'Succeeded' });
    expect((await prod.live.get(secret)).data['session-key']).toBe(original);
  });

  it('is progressing, with the reason, while its image can not be pulled', async () => {
    const text = await values();
    const broken = 'podAnnotations:\n  test.fairlead.dev/pod: image-pull-fails\n';

    await rig.push({ [valuesPath]: `${text}\n${broken}` });
    await settle();
    // What it says first is that the controller has not seen the change yet.
    const { health, sentence } = await rig.until(name, 'waits for its replicas', (found) => {
      const { status, message } = found.health;
      return status === 'Progressing' && /^Deployment storefront\/storefront: .*replicas/.test(message);
    });
    expect(sentence).toContain(health.message);

    await rig.push({ [valuesPath]: text });
    await rig.until(name, 'is healthy again', ({ health: { status }, sync }) => {
      return status === 'Healthy' && sync === 'Synced';
    });
  });
});

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
