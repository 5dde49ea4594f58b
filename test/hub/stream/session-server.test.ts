import { expect, onTestFinished, test } from 'vitest';
import type { Report } from '../../../core/session.ts';
import { desiredContent } from '../../session/desired-content.ts';
import { enrollInto, openLiveAgent, openLiveHub, temporaryFolder } from '../../session/live-pair.ts';
import { eventually } from '../../support/eventually.ts';

const cleanUp = (work: () => Promise<void>): void => onTestFinished(work);

function statusReport(application: string, message: string): Report {
  const health = { status: 'Healthy', message } as const;
  const status = {
    application,
    digest: 'd',
    sync: 'Synced',
    health,
    objects: [],
    drifts: [],
    failures: [],
    gates: [],
  } as const;
  return { type: 'application', status };
}

test('an enrolled agent gets the head and its contents, puts them in force and has its reports acknowledged', async () => {
  const hub = await openLiveHub(cleanUp);
  const dir = await temporaryFolder(cleanUp);
  const contents = new Map([
    ['argocd/web', desiredContent('argocd/web', 'one')],
    ['argocd/big', desiredContent('argocd/big', 'large '.repeat(200_000))],
  ]);
  hub.store.commit('staging', contents);
  const identity = await enrollInto(dir, hub.token('staging'));
  expect(identity.cluster).toBe('staging');
  const agent = await openLiveAgent(cleanUp, { dir, identity });
  await eventually(() => expect(agent.inForce.at(-1)?.generation).toBe(1));
  expect([...(agent.inForce[0]?.applications.keys() ?? [])].sort()).toEqual(['argocd/big', 'argocd/web']);
  await eventually(() => expect(hub.store.contacts.get('staging')?.generation).toBe(1));

  await agent.outbox.add(statusReport('argocd/web', 'first'));
  await eventually(() => expect(hub.store.reports.get('staging')).toHaveLength(1));
  await eventually(() => expect(agent.outbox.read(0, 10)).toHaveLength(0));

  hub.store.commit('staging', new Map([...contents, ['argocd/web', desiredContent('argocd/web', 'two')]]));
  hub.server.publish(['staging']);
  await eventually(() => expect(agent.inForce.at(-1)?.generation).toBe(2));
  expect(hub.server.connections().get('staging')?.agentVersion).toBe('0.0.0-test');
});

test('one cluster has one agent: a newer connection replaces the older, which is told why', async () => {
  const hub = await openLiveHub(cleanUp);
  const dir = await temporaryFolder(cleanUp);
  const identity = await enrollInto(dir, hub.token('staging'));
  const first = await openLiveAgent(cleanUp, { dir, identity });
  await eventually(() => expect(hub.server.connections().has('staging')).toBe(true));
  const other = await temporaryFolder(cleanUp);
  await openLiveAgent(cleanUp, { dir: other, identity });
  await eventually(() => {
    const problems = first.hubStates.flatMap((state) => state.problems);
    expect(problems.join()).toContain('another agent connected as cluster staging');
  });
});

test('an agent hears of the holds that run when it comes, and of each change', async () => {
  const hub = await openLiveHub(cleanUp);
  const dir = await temporaryFolder(cleanUp);
  const identity = await enrollInto(dir, hub.token('staging'));
  const until = '2026-11-25T13:00:00.000Z';
  const hold = { id: 'h1', cluster: 'staging', reason: 'INC-7 «ü»', heldBy: 'm', since: until, until };
  hub.store.holds.set('staging', [hold]);
  const agent = await openLiveAgent(cleanUp, { dir, identity });
  await eventually(() => expect(agent.holds.at(-1)).toEqual([hold]));
  hub.store.holds.set('staging', []);
  hub.server.notifyHolds('staging');
  await eventually(() => expect(agent.holds.at(-1)).toEqual([]));
});

test('an operation reaches its agent once, also when it was stored before the agent came', async () => {
  const hub = await openLiveHub(cleanUp);
  const dir = await temporaryFolder(cleanUp);
  const identity = await enrollInto(dir, hub.token('staging'));
  const operation = {
    application: 'argocd/web',
    cluster: 'staging',
    request: { type: 'sync' },
    requestedBy: 'ada',
    requestedAt: '',
    phase: 'Pending',
    message: '',
  } as const;
  hub.store.operations.set('staging', [{ ...operation, id: 'early' }]);
  const agent = await openLiveAgent(cleanUp, { dir, identity });
  await eventually(() => expect(agent.operations.map(({ id }) => id)).toEqual(['early']));
  hub.store.operations.set('staging', [
    { ...operation, id: 'early' },
    { ...operation, id: 'late' },
  ]);
  hub.server.notifyOperations('staging');
  await eventually(() => expect(agent.operations.map(({ id }) => id)).toEqual(['early', 'late']));
});

test('a store that fails ends the stream with a sentence, and the agent comes back when it works again', async () => {
  const hub = await openLiveHub(cleanUp);
  const dir = await temporaryFolder(cleanUp);
  const identity = await enrollInto(dir, hub.token('staging'));
  hub.store.commit('staging', new Map([['argocd/web', desiredContent('argocd/web', 'one')]]));
  const { readBlobs } = hub.store;
  hub.store.readBlobs = async () => {
    throw new Error('the disk is on fire');
  };
  const agent = await openLiveAgent(cleanUp, { dir, identity });
  await eventually(() => {
    const problems = agent.hubStates.flatMap((state) => state.problems);
    expect(problems.join()).toContain('the hub cannot read or write its store now');
    expect(problems.join()).not.toContain('fire');
  });
  hub.store.readBlobs = readBlobs;
  await eventually(() => expect(agent.inForce.at(-1)?.generation).toBe(1));
});

test('reports that came after some that the store failed on are not acknowledged before those', async () => {
  const hub = await openLiveHub(cleanUp);
  const dir = await temporaryFolder(cleanUp);
  const identity = await enrollInto(dir, hub.token('staging'));
  const agent = await openLiveAgent(cleanUp, { dir, identity });
  await eventually(() => expect(hub.server.connections().has('staging')).toBe(true));
  let calls = 0;
  hub.store.saveReports = async (cluster, reports) => {
    calls += 1;
    if (calls > 1) return hub.store.commitReports(cluster, reports);
    await agent.outbox.add(statusReport('argocd/second', 'later'));
    for (let turns = 0; turns < 2_000 && calls === 1; turns += 1) await new Promise(setImmediate);
    throw new Error('the disk is full');
  };
  await agent.outbox.add(statusReport('argocd/first', 'earlier'));
  await eventually(() => expect(agent.outbox.read(0, 10)).toHaveLength(0));
  const saved = JSON.stringify(hub.store.reports.get('staging'));
  expect(saved).toContain('argocd/first');
  expect(saved).toContain('argocd/second');
});

test('a port that is taken is one clear error', async () => {
  const hub = await openLiveHub(cleanUp);
  const port = Number(hub.server.address.split(':')[1]);
  await expect(openLiveHub(cleanUp, { port })).rejects.toMatchObject({
    code: 'unavailable',
    subject: `127.0.0.1:${port}`,
  });
});

test('a change while blobs are on their way to many applications arrives whole', async () => {
  const hub = await openLiveHub(cleanUp);
  const dir = await temporaryFolder(cleanUp);
  const identity = await enrollInto(dir, hub.token('staging'));
  const agent = await openLiveAgent(cleanUp, { dir, identity });
  for (const tag of ['one', 'two', 'three']) {
    const names = Array.from({ length: 700 }, (_, index) => `argocd/app-${index}`);
    hub.store.commit(
      'staging',
      new Map(names.map((name) => [name, desiredContent(name, `${tag} `.repeat(200))])),
    );
    hub.server.publish(['staging']);
  }
  await eventually(() => expect(agent.inForce.at(-1)?.generation).toBe(3));
  expect(agent.inForce.at(-1)?.applications.size).toBe(700);
});
