import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toAgentConfig } from '../../agent/config.ts';
import { type Agent, openAgent } from '../../agent/context.ts';
import { openKube } from '../../agent/kube/client.ts';
import { openConnection } from '../../agent/kube/connection.ts';
import type { RequestRecord } from '../../agent/kube/transport.ts';
import type { KubePort } from '../../agent/ports.ts';
import { LeaseHold, type LeaseOptions } from '../../agent/state/lease-hold.ts';
import { SecretVault } from '../../agent/state/secret-vault.ts';
import { unwrap } from '../../cli/client/open-client.ts';
import type { ControlPlane } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { type FairleadProcess, startFairlead } from '../support/fairlead-process.ts';
import { type FleetRig, openFleetRig } from '../support/fleet-rig.ts';
import { applicationText, clusterText, fleetText, projectText } from '../support/fleet-texts.ts';
import { recordLog } from '../support/record-log.ts';

const limit = { limitMs: 120_000, everyMs: 50 };
const namespace = 'fairlead-system';
const leaseTiming = { durationMs: 6_000, renewMs: 500 };
const config = { apiVersion: 'v1', kind: 'ConfigMap', name: 'config', namespace: 'team-a' };

let dir: string;
let rig: FleetRig;
let plane: ControlPlane;
let client: KubeClient;
let kube: KubePort;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-state-'));
  rig = await openFleetRig({
    clusters: ['one'],
    controllers: 'none',
    agents: 'none',
    files: async (url) => ({
      'fleet/fleet.yaml': fleetText(),
      'fleet/one.yaml': clusterText('one'),
      'fleet/platform.yaml': projectText('platform'),
      'apps.yaml': applicationText('config', { repoURL: url }),
      'config/config-map.yaml':
        'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: config }\ndata: { text: first }\n',
    }),
  });
  [plane] = rig.planes as [ControlPlane];
  client = new KubeClient(plane, { fieldManager: 'kubectl-edit' });
  const { server, caPem, token } = plane;
  kube = openKube(await openConnection({ type: 'explicit', server, caPem, token }));
  for (const name of [namespace, 'team-a'])
    await client.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name } });
});

afterAll(async () => {
  await kube?.close();
  client?.close();
  await rig?.close();
  rmSync(dir, { recursive: true, force: true });
});

function secretNames(): Promise<readonly string[]> {
  return client
    .list('v1', 'Secret', namespace)
    .then((all) => all.map((each) => each['metadata'].name as string).sort());
}

describe('files in Secrets', () => {
  const open = (name: string) => SecretVault.open({ kube, namespace, name });
  /** They do not compress. */
  const [large, larger] = [randomBytes(1_800_000), randomBytes(1_900_000)] as const;

  it('are read as they were written, large ones in parts, and what nobody names is removed', async () => {
    const vault = await open('files');
    await vault.commit(
      new Map([
        ['large', large],
        ['dir/small', Buffer.from('small')],
      ]),
    );
    const parts = (await secretNames()).filter((name) => /^files-\d+$/.test(name));
    expect(parts.length).toBeGreaterThan(1);
    const again = await open('files');
    const files = await again.readAll();
    expect([...files.keys()].sort()).toEqual(['dir/small', 'large']);
    expect(Buffer.compare(files.get('large')!, large)).toBe(0);
    await again.commit(new Map([['large', undefined]]));
    await waitUntil(
      'the parts are gone',
      async () => !(await secretNames()).some((name) => /^files-\d+$/.test(name)),
      limit,
    );
    expect([...(await (await open('files')).readAll()).keys()]).toEqual(['dir/small']);
  });

  it('of a write that breaks off stay as they were', async () => {
    const vault = await open('broken');
    await vault.commit(new Map([['state', large]]));
    let left = 2;
    const breaking: KubePort = {
      ...kube,
      create: async (resource, object) => {
        left -= 1;
        if (left >= 0) return kube.create(resource, object);
        return { type: 'failed', failure: { status: 0, reason: '', message: 'cut', causes: [] } };
      },
    };
    const broken = await SecretVault.open({ kube: breaking, namespace, name: 'broken' });
    await expect(broken.commit(new Map([['state', larger]]))).rejects.toThrow('cut');
    const again = await open('broken');
    expect(Buffer.compare((await again.readAll()).get('state')!, large)).toBe(0);
    await again.commit(new Map([['state', larger]]));
    expect(Buffer.compare((await (await open('broken')).readAll()).get('state')!, larger)).toBe(0);
  });

  it('can be written by one only: who was there before is told', async () => {
    const first = await open('contended');
    await first.commit(new Map([['state', Buffer.from('first')]]));
    const second = await open('contended');
    await expect(first.commit(new Map([['state', Buffer.from('more')]]))).rejects.toThrow('another process');
    await second.commit(new Map([['state', Buffer.from('second')]]));
    expect((await (await open('contended')).readAll()).get('state')?.toString()).toBe('second');
  });
});

describe('a Lease', () => {
  function hold(holder: string, over: Partial<LeaseOptions> = {}): { lease: LeaseHold; lostTo: string[] } {
    const lostTo: string[] = [];
    const lease = new LeaseHold({
      kube,
      namespace,
      name: 'contended',
      holder,
      log: recordLog(),
      clock: {
        now: () => new Date(),
        monotonic: () => performance.now(),
        setTimer(ms, run) {
          const timer = setTimeout(run, ms);
          return { cancel: () => clearTimeout(timer) };
        },
      },
      onLost: (other) => lostTo.push(other),
      timing: leaseTiming,
      ...over,
    });
    return { lease, lostTo };
  }

  it('is held by one at a time, passed on when given up, and taken over when its holder is cut off', async () => {
    let isCut = false;
    const cut = { status: 0, reason: '', message: 'cut off', causes: [] };
    const unless = (send: () => ReturnType<KubePort['get']>) =>
      isCut ? Promise.resolve({ type: 'failed', failure: cut } as const) : send();
    const first = hold('first', {
      kube: {
        get: (...args) => unless(() => kube.get(...args)),
        create: (...args) => unless(() => kube.create(...args)),
        update: (...args) => unless(() => kube.update(...args)),
      },
    });
    await first.lease.acquire();
    const second = hold('second');
    const acquired = second.lease.acquire();
    expect(second.lease.isHeld).toBe(false);
    isCut = true;
    await acquired;
    // It can't know of the other one, and knows by its own clock that it may not write.
    expect(first.lease.isHeld).toBe(false);
    isCut = false;
    await waitUntil('the first knows', () => first.lostTo.length === 1, limit);
    expect(first.lostTo).toEqual(['second']);
    const third = hold('third');
    const next = third.lease.acquire();
    await second.lease.close();
    await next;
    expect(third.lease.isHeld).toBe(true);
    await third.lease.close();
  });
});

describe('an agent whose state is in Secrets', () => {
  const started: FairleadProcess[] = [];
  const agents: Agent[] = [];

  afterAll(async () => {
    for (const agent of agents) await agent.close();
    for (const each of started) if (each.isRunning()) process.kill(each.pid, 'SIGKILL');
  });

  function settings(folder: string) {
    return { state: 'secret', 'state-dir': join(dir, folder), kubeconfig: plane.kubeconfig, namespace };
  }

  async function start(folder: string, requests: RequestRecord[] = []): Promise<Agent> {
    const agent = await openAgent(toAgentConfig(settings(folder), false), rig.log, {
      leaseTiming,
      kube: { onRequest: (request) => requests.push(request) },
    });
    agents.push(agent);
    return agent;
  }

  const live = async () => (await client.get(config))['data'].text as string;

  it('that is killed and moved with nothing but them goes on without the hub', async () => {
    const { token } = await unwrap(
      rig.client.POST('/api/v1/clusters/{name}/enrollment', { params: { path: { name: 'one' } } }),
    );
    const flags = Object.entries(settings('first')).flatMap(([name, value]) => [`--${name}`, value]);
    const first = startFairlead(['agent', ...flags, '--enroll-token', token]);
    started.push(first);
    await rig.untilSynced('config');
    expect(await live()).toBe('first');
    await rig.stopHub();
    process.kill(first.pid, 'SIGKILL');
    await first.ended();
    await client.patch(config, { data: { text: 'foreign' } });

    const second = await start('second');
    expect(second.cluster).toBe('one');
    await waitUntil('the drift is healed', async () => (await live()) === 'first', limit);
    await second.close();
  });

  it('hands on what the hub has not heard yet, to one that waits until it may work', async () => {
    const before = await start('third');
    await client.patch(config, { data: { text: 'again' } });
    await waitUntil('the drift is healed', async () => (await live()) === 'first', limit);
    await before.whenIdle();
    const told = rig.log.entries.length;
    const next = start('fourth');
    await waitUntil(
      'it says why it waits',
      () =>
        rig.log.entries.slice(told).some(({ message }) => message === 'waiting for the Lease of this agent'),
      limit,
    );
    expect(existsSync(join(dir, 'fourth', 'identity.json'))).toBe(false);
    await before.close();
    await next;
    const outbox = readFileSync(join(dir, 'fourth', 'state', 'outbox.jsonl'), 'utf8');
    const drifts = outbox.split('\n').filter((line) => line.includes('"type":"drift"'));
    expect(drifts.map((line) => JSON.parse(line).numbered.report.event.change).slice(-2)).toEqual([
      'opened',
      'closed',
    ]);
  });

  it('writes no Secret while nothing changes, and needs no other Secret than its own', async () => {
    const requests: RequestRecord[] = [];
    await agents.at(-1)?.close();
    const agent = await start('fifth', requests);
    await agent.whenIdle();
    const isWriteOf = (resource: string) => (request: RequestRecord) =>
      request.method !== 'GET' && request.resource === resource;
    // Longer than it takes until a change is in the Secrets, by the clock of the same process.
    await waitUntil(
      'twenty renewals of the Lease pass without a write of a Secret',
      () => {
        const last = requests.findLastIndex(isWriteOf('secrets'));
        return requests.slice(last + 1).filter(isWriteOf('leases.coordination.k8s.io')).length > 20;
      },
      limit,
    );
    const ofTests = /^(files|broken|contended)(-\d+)?$/;
    const own = (await secretNames()).filter((name) => !ofTests.test(name));
    expect(own).toContain('fairlead-agent-state');
    expect(own.filter((name) => !/^fairlead-agent-state(-\d+)?$/.test(name))).toEqual([]);
    expect(requests.filter(({ verb, resource }) => verb === 'list' && resource === 'secrets')).toEqual([]);
  });
});
