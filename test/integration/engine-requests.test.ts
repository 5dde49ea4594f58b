import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../core/kube-object.ts';
import { partOf, partOfLabel, trackingAnnotation } from '../../core/tracking.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { type EngineRig, engineRig, wantedApplication } from '../support/engine-rig.ts';

let dir: string;
let planes: ControlPlanes;
let client: KubeClient;
const rigs: EngineRig[] = [];

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-requests-'));
  planes = await startControlPlanes({ names: ['requests'], controllers: 'none', dir, log: console.error });
  client = new KubeClient(planes.cluster('requests'), { fieldManager: 'kubectl-edit' });
});

afterEach(async () => {
  for (const rig of rigs.splice(0)) await rig.close();
});

afterAll(async () => {
  client?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function openRig(state?: EngineRig['state']): Promise<EngineRig> {
  const rig = await engineRig(planes.cluster('requests'), state);
  rigs.push(rig);
  return rig;
}

type Named = KubeObject & { readonly metadata: { readonly name: string; readonly namespace: string } };

function configMap(name: string, version: number): Named {
  const metadata = { name, namespace: 'default' };
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { version: String(version) } };
}

function secret(name: string, version: number): Named {
  return { ...configMap(name, version), kind: 'Secret', data: { version: btoa(String(version)) } };
}

/** Ten applications of four ConfigMaps and four Secrets each. */
function tenApplications(prefix: string, version: number) {
  return Array.from({ length: 10 }, (_, index) => {
    const names = Array.from({ length: 4 }, (__, number) => `${prefix}-${index}-${number}`);
    return wantedApplication(`${prefix}-${index}`, [
      ...names.map((name) => configMap(name, version)),
      ...names.map((name) => secret(name, version)),
    ]);
  });
}

function countOf(rig: EngineRig, request: string): number {
  return rig.requests.filter((sent) => sent === request).length;
}

describe('requests', () => {
  it('of a first sync are one for each object, and one list for each kind', async () => {
    const rig = await openRig();
    await rig.untilApplied(...tenApplications('first', 1));
    expect(countOf(rig, 'apply configmaps')).toBe(40);
    expect(countOf(rig, 'apply secrets')).toBe(40);
    expect(countOf(rig, 'list secrets')).toBe(1);
    expect(rig.requests.filter((request) => /^(get|dry-run) (configmaps|secrets)$/.test(request))).toEqual(
      [],
    );
  });

  it('of a full change are exactly one for each object', async () => {
    const rig = await openRig();
    await rig.untilApplied(...tenApplications('full', 1));
    rig.requests.length = 0;
    await rig.untilApplied(...tenApplications('full', 2));
    const sent = rig.requests.filter((request) => !/^(watch|discovery) /.test(request));
    expect(sent.toSorted()).toEqual([
      ...Array.from({ length: 40 }, () => 'apply configmaps'),
      ...Array.from({ length: 40 }, () => 'apply secrets'),
    ]);
  });

  it('of a start without any state are one dry-run for each object that is there, and no read', async () => {
    const before = await openRig();
    await before.untilApplied(...tenApplications('lost', 1));
    await before.close();
    const rig = await openRig();
    await rig.untilApplied(...tenApplications('lost', 1));
    expect(countOf(rig, 'dry-run configmaps')).toBe(40);
    expect(countOf(rig, 'dry-run secrets')).toBe(40);
    const others = rig.requests.filter((request) => /^(get|apply) (configmaps|secrets)$/.test(request));
    expect(others).toEqual([]);
  });

  it('of a first sync look closely at what is there already', async () => {
    const theirs = configMap('there-1', 1);
    const marks = {
      labels: { [partOfLabel]: partOf('apps/elsewhere') },
      annotations: { [trackingAnnotation]: 'apps/elsewhere:/ConfigMap:default/there-1' },
    };
    await client.apply({ ...theirs, metadata: { ...theirs.metadata, ...marks } });
    await client.apply(configMap('there-2', 7));
    const rig = await openRig();
    const names = Array.from({ length: 12 }, (_, index) => `there-${index}`);
    rig.want(
      wantedApplication(
        'there',
        names.map((name) => configMap(name, 1)),
      ),
    );
    const status = await rig.until('there', 'says whose object it is', ({ gates, objects }) => {
      const synced = objects.filter(({ sync }) => sync === 'Synced');
      return gates.some(({ kind }) => kind === 'conflict') && synced.length === 11;
    });
    expect(status.gates).toMatchObject([{ kind: 'conflict', owner: 'apps/elsewhere' }]);
    expect(countOf(rig, 'apply configmaps')).toBe(11);
    const { labels } = (await client.get({ ...theirs, ...theirs.metadata })).metadata;
    expect(labels[partOfLabel]).toBe(partOf('apps/elsewhere'));
    const adopted = { ...configMap('there-2', 1) };
    expect(await client.get({ ...adopted, ...adopted.metadata })).toMatchObject({ data: { version: '1' } });
  });

  it('of a first sync read one by one where far more is there than is wanted', async () => {
    const others = Array.from({ length: 240 }, (_, index) => configMap(`other-${index}`, 1));
    await Promise.all(others.map((object) => client.apply(object)));
    const rig = await openRig();
    const names = Array.from({ length: 6 }, (_, index) => `few-${index}`);
    await rig.untilApplied(
      wantedApplication(
        'few',
        names.map((name) => configMap(name, 1)),
      ),
    );
    expect(countOf(rig, 'get configmaps')).toBe(6);
    expect(countOf(rig, 'apply configmaps')).toBe(6);
  });
});
