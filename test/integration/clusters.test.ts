import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient, type KubeObject } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { engineRig, wantedApplication } from '../support/engine-rig.ts';

type Manifests = Parameters<typeof wantedApplication>[1];

describe('three control planes', () => {
  let dir: string;
  let planes: ControlPlanes;
  const clients = new Map<string, KubeClient>();

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'fairlead-clusters-'));
    planes = await startControlPlanes({
      names: ['east', 'west', 'north'],
      controllers: 'none',
      dir,
      log: console.error,
    });
    for (const cluster of planes.clusters) clients.set(cluster.name, new KubeClient(cluster));
  });

  afterAll(async () => {
    for (const client of clients.values()) client.close();
    await planes?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const client = (name: string): KubeClient => clients.get(name) as KubeClient;

  it('answer as ready', async () => {
    for (const { name } of planes.clusters) {
      expect(await client(name).request('GET', '/readyz')).toBe('ok');
      expect((await client(name).request('GET', '/version')).gitVersion).toMatch(/^v1\./);
    }
  });

  it('are isolated from each other', async () => {
    const marker = configMap('only-here', { from: 'east' });
    await client('east').create(marker);

    expect(await client('east').find(nameOf(marker))).toMatchObject({ data: { from: 'east' } });
    expect(await client('west').find(nameOf(marker))).toBeUndefined();
    expect(await client('north').find(nameOf(marker))).toBeUndefined();
    const foreign = new KubeClient({ ...planes.cluster('west'), token: planes.cluster('east').token });
    await expect(foreign.request('GET', '/api/v1/namespaces')).rejects.toMatchObject({ status: 401 });
    foreign.close();
  });

  it('keep their address and their data when an API server is started again', async () => {
    const { apiServer, server } = planes.cluster('north');
    await client('north').create(configMap('kept', { is: 'here' }));

    await apiServer.stop();
    await expect(client('north').request('GET', '/readyz')).rejects.toThrow('ECONNREFUSED');
    await apiServer.start();

    expect(apiServer.access.server).toBe(server);
    expect((await client('north').get(nameOf(configMap('kept')))).data).toEqual({ is: 'here' });
  });

  it('record who wrote a field', async () => {
    const other = new KubeClient(planes.cluster('west'), { fieldManager: 'someone-else' });
    await client('west').apply(configMap('shared', { a: '1' }));
    await other.patch(nameOf(configMap('shared')), { data: { b: '2' } });

    const { metadata } = await client('west').get(nameOf(configMap('shared')));
    const managers = metadata.managedFields.map((entry: KubeObject) => `${entry.manager} ${entry.operation}`);
    expect(managers.toSorted()).toEqual(['someone-else Update', 'test Apply']);
    other.close();
  });

  it('are gone after stop', async () => {
    const { pids } = planes;
    expect(pids).toHaveLength(4);
    expect(pids.every(isAlive)).toBe(true);

    await planes.stop();

    expect(pids.filter(isAlive)).toEqual([]);
  });
});

describe('a process that starts control planes and is killed', () => {
  it('leaves none of them running', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'fairlead-clusters-'));
    const module = new URL('../clusters/control-plane.ts', import.meta.url).href;
    const script = `
      import { startControlPlanes } from '${module}';
      const { pids } = await startControlPlanes({ names: ['east'], controllers: 'none', dir: '${dir}' });
      console.log(pids.join(' '));
      setInterval(() => undefined, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const pids = await new Promise<number[]>((resolve, reject) => {
      parent.stdout.once('data', (line: Buffer) => resolve(line.toString().trim().split(' ').map(Number)));
      parent.once('exit', (code) => reject(new Error(`ended with code ${code} before it had started`)));
    });
    expect(pids.filter(isAlive)).toHaveLength(2);

    parent.kill('SIGKILL');

    await waitUntil('they are gone', () => !pids.some(isAlive), { limitMs: 10_000 });
    rmSync(dir, { recursive: true, force: true });
  });
});

describe('a control plane with controllers', () => {
  let dir: string;
  let planes: ControlPlanes;
  let client: KubeClient;

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), 'fairlead-clusters-'));
    planes = await startControlPlanes({ names: ['east'], controllers: 'kwok', dir, log: console.error });
    client = new KubeClient(planes.cluster('east'));
  });

  afterAll(async () => {
    client?.close();
    await planes?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('makes a Deployment of three ready, and serves the output of its pods', async () => {
    await client.apply(deployment('web'));

    await waitUntil(
      '3 replicas are ready',
      async () => {
        const { status } = await client.get(nameOf(deployment('web')));
        return status?.readyReplicas === 3 && status.updatedReplicas === 3;
      },
      { limitMs: 60_000 },
    );

    const [pod] = await client.list('v1', 'Pod', 'default', 'labelSelector=app%3Dweb');
    const path = `${await client.path({ ...nameOf(pod as KubeObject), apiVersion: 'v1', kind: 'Pod' })}/log`;
    expect(await client.request('GET', path)).toContain('listening');
  });

  it.each([
    ['an annotation', deployment('told', { 'test.fairlead.dev/pod': 'image-pull-fails' })],
    ['its tag', deployment('broken', {}, 'example.test/app:1-broken')],
  ])('leaves a Deployment unready whose image can not be pulled, by %s', async (_by, broken) => {
    await client.apply(broken);

    const waiting = await waitUntil(
      'a container waits',
      async () => {
        const pods = await client.list('v1', 'Pod', 'default', `labelSelector=app%3D${broken.metadata.name}`);
        return pods[0]?.status.containerStatuses?.[0]?.state.waiting as KubeObject | undefined;
      },
      { limitMs: 60_000 },
    );

    expect(waiting.reason).toBe('ImagePullBackOff');
    expect((await client.get(nameOf(broken))).status.readyReplicas ?? 0).toBe(0);
  });

  it('completes a Job', async () => {
    const job = {
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: meta('once'),
      spec: { template: podTemplate('once') },
    };
    job.spec.template.spec.restartPolicy = 'Never';
    await client.apply(job);

    await waitUntil(
      'the Job is complete',
      async () => {
        return (await client.get(nameOf(job))).status?.succeeded === 1;
      },
      { limitMs: 60_000 },
    );
  });

  it('ends the deletion of a namespace with what is in it', async () => {
    const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'short-lived' } };
    await client.create(namespace);
    const inside = deployment('inside');
    inside.metadata.namespace = 'short-lived';
    await client.apply(inside);

    await client.delete(nameOf(namespace));

    await waitUntil(
      'the namespace is gone',
      async () => {
        return (await client.find(nameOf(namespace))) === undefined;
      },
      { limitMs: 90_000 },
    );
  });

  it('row 50: loses with a Deployment that leaves Git its ReplicaSets and pods, also where a person deletes it in the foreground meanwhile', async () => {
    const rig = await engineRig(planes.cluster('east'));
    const wanted = (...objects: readonly KubeObject[]) =>
      wantedApplication('row50', objects as unknown as Manifests);
    try {
      const stays = configMap('row50-stays');
      const [alone, both] = [deployment('row50-alone'), deployment('row50-both')];
      const owned = async (name: string): Promise<readonly KubeObject[]> => {
        const query = `labelSelector=app%3D${name}`;
        const sets = await client.list('apps/v1', 'ReplicaSet', 'default', query);
        return [...sets, ...(await client.list('v1', 'Pod', 'default', query))];
      };
      const untilOwned = async (count: number): Promise<void> => {
        for (const { metadata } of [alone, both]) {
          await waitUntil(
            `${metadata.name} owns ${count} objects`,
            async () => (await owned(metadata.name)).length === count,
            { limitMs: 90_000 },
          );
        }
      };
      await rig.untilApplied(wanted(stays, alone, both));
      await untilOwned(4);
      // A second ReplicaSet, so that one without pods is owned too.
      const changed = [alone, both].map(({ metadata }) =>
        deployment(metadata.name, {}, 'example.test/app:2'),
      );
      await rig.untilApplied(wanted(stays, ...changed));
      await untilOwned(5);
      await client.delete(nameOf(both), 'Foreground');
      rig.want(wanted(stays));
      for (const object of [alone, both]) {
        await waitUntil(
          `nothing of ${object.metadata.name} is left`,
          async () =>
            (await client.find(nameOf(object))) === undefined &&
            (await owned(object.metadata.name)).length === 0,
          { limitMs: 90_000 },
        );
      }
      await rig.until(
        'row50',
        'has one object',
        ({ sync, objects }) => sync === 'Synced' && objects.length === 1,
      );
      expect(await client.find(nameOf(stays))).toBeDefined();
    } finally {
      await rig.close();
    }
  }, 240_000);

  it('is gone after stop', async () => {
    const { pids } = planes;
    expect(pids).toHaveLength(5);

    await planes.stop();

    expect(pids.filter(isAlive)).toEqual([]);
  });
});

function meta(name: string): KubeObject {
  return { name, namespace: 'default' };
}

function configMap(name: string, data: Record<string, string> = {}): KubeObject {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: meta(name), data };
}

function podTemplate(
  app: string,
  annotations: Record<string, string> = {},
  image = 'example.test/app:1',
): KubeObject {
  const spec = { containers: [{ name: 'main', image }] };
  return { metadata: { labels: { app }, annotations }, spec };
}

function deployment(name: string, annotations: Record<string, string> = {}, image?: string): KubeObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: meta(name),
    spec: {
      replicas: 3,
      selector: { matchLabels: { app: name } },
      template: podTemplate(name, annotations, image),
    },
  };
}

function nameOf(object: KubeObject) {
  const { apiVersion, kind, metadata } = object;
  return { apiVersion, kind, name: metadata.name as string, namespace: metadata.namespace as string };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
