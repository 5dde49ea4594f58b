import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Admission, openAdmission } from '../../agent/admission/open-admission.ts';
import { openKube } from '../../agent/kube/client.ts';
import { openConnection } from '../../agent/kube/connection.ts';
import type { KubePort } from '../../agent/ports.ts';
import { keyedDigest } from '../../core/digest.ts';
import type { Drift } from '../../core/drift.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { findBinary } from '../clusters/binaries.ts';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import { freePorts } from '../clusters/ports.ts';
import { waitUntil } from '../clusters/wait.ts';
import { wanted } from '../support/attribution-objects.ts';
import { type EngineRig, engineRig, rigKey, wantedApplication } from '../support/engine-rig.ts';
import { renderChart } from '../support/helm-chart.ts';
import { nameOf, Tools } from '../support/kubectl.ts';

const helm = findBinary('helm', process.env)?.path ?? '';
const limits = { limitMs: 60_000, everyMs: 20 };
const alice = 'alice@example.com';
const bob = 'bob@example.com';

const kinds: Readonly<Record<string, string>> = {
  edited: 'Deployment',
  scaled: 'Deployment',
  autoscaled: 'Deployment',
  twice: 'Deployment',
  asus: 'Deployment',
  unheard: 'Deployment',
  labelled: 'Deployment',
  settings: 'ConfigMap',
  healed: 'ConfigMap',
  password: 'Secret',
  deleted: 'ConfigMap',
  'bulk-a': 'ConfigMap',
  'bulk-b': 'ConfigMap',
  guarded: 'Guarded',
  probe: 'ConfigMap',
};

const git = (name: string): KubeObject => {
  const object = wanted(kinds[name]!, name);
  if (!name.startsWith('bulk-')) return object;
  return { ...object, metadata: { ...object.metadata, labels: { bulk: 'yes' } } };
};
const mine = (name: string) => nameOf(git(name));

let dir: string;
let planes: ControlPlanes;
let kube: KubePort;
let admission: Admission;
let rig: EngineRig;
const problems: (string | undefined)[] = [];
const people: Record<string, Tools> = {};

/** The chart's own configuration, asked at an address in place of a Service: nothing routes to Services here. */
async function createWebhook(client: KubeClient, port: number): Promise<string> {
  const objects = await renderChart(helm, 'agent', { attribution: { admission: { enabled: true } } });
  const configuration = objects.find(({ kind }) => kind === 'ValidatingWebhookConfiguration')!;
  for (const webhook of configuration['webhooks'])
    webhook.clientConfig = { url: `https://127.0.0.1:${port}/` };
  await client.create(configuration);
  return configuration['metadata'].name;
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'fairlead-person-'));
  planes = await startControlPlanes({ names: ['people'], controllers: 'none', dir, log: console.error });
  const access = planes.cluster('people');
  const { server, caPem, token } = access;
  kube = openKube(await openConnection({ type: 'explicit', server, caPem, token }));
  const client = new KubeClient(access);
  const [port = 0] = await freePorts(1);
  const webhook = await createWebhook(client, port);
  admission = await openAdmission({
    kube,
    listen: { host: '127.0.0.1', port },
    webhook,
    seal: (text) => keyedDigest(rigKey, text),
    now: () => new Date(),
    onProblem: (problem) => problems.push(problem),
  });
  for (const name of [alice, bob]) people[name] = new Tools(access, name);
  rig = await engineRig(access, undefined, undefined, undefined, { people: admission.people });
  await rig.untilApplied(
    ...Object.keys(kinds).map((name) =>
      wantedApplication(name, [git(name)], { mode: name === 'healed' ? 'heal' : 'sync' }),
    ),
  );
  await untilHeard();
  client.close();
});

afterAll(async () => {
  for (const tools of Object.values(people)) tools.close();
  await rig?.close();
  await admission?.close();
  await kube?.close();
  await planes?.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** The API server reads webhook configurations a moment after they were written. */
async function untilHeard(): Promise<void> {
  const { uid = '' } = (await people[alice]!.get(mine('probe'))).metadata;
  let count = 0;
  await waitUntil(
    'the API server asks the agent',
    async () => {
      count += 1;
      await people[alice]!.merge(mine('probe'), { metadata: { annotations: { count: String(count) } } });
      return admission.people.factsOf(uid).length > 0;
    },
    { ...limits, everyMs: 100, detail: () => JSON.stringify(problems) },
  );
}

/** The open drift, once the test has what it waits for. */
function driftOf(name: string, isIt: (drift: Drift) => boolean): Promise<Drift> {
  const find = () => rig.drifts(name).findLast(({ change }) => change !== 'closed')?.drift;
  return waitUntil(
    `the drift of ${name}`,
    () => {
      const drift = find();
      return drift !== undefined && isIt(drift) ? drift : undefined;
    },
    { ...limits, detail: () => JSON.stringify(rig.drifts(name), undefined, 1) },
  );
}

const named = (name: string) => driftOf(name, ({ person }) => person !== undefined);

describe.skipIf(helm === '')(
  'the person behind a drift, on a real API server (needs helm: make clusters)',
  () => {
    it('is who edited an object, beside the tool', async () => {
      await people[alice]!.strategic(
        mine('edited'),
        { spec: { template: { spec: { containers: [{ name: 'web', image: 'nginx:9' }] } } } },
        { manager: 'kubectl-edit' },
      );
      expect(await named('edited')).toMatchObject({ person: alice, writer: { manager: 'kubectl-edit' } });
      expect(rig.drifts('edited').map(({ drift }) => drift.person)).not.toContain(bob);
    });

    it('is who scaled it, by a patch or by a replacement of the subresource', async () => {
      await people[alice]!.scale(mine('scaled'), 7);
      await people[bob]!.autoscale(mine('autoscaled'), 8);
      expect(await named('scaled')).toMatchObject({ person: alice, writer: { subresource: 'scale' } });
      expect(await named('autoscaled')).toMatchObject({ person: bob, writer: { subresource: 'scale' } });
    });

    it('is who edited a ConfigMap and a Secret, and nothing of them is remembered', async () => {
      await people[bob]!.merge(mine('settings'), { data: { a: 'other' } });
      await people[alice]!.merge(mine('password'), { data: { password: 'aHVudGVyMg==' } });
      expect((await named('settings')).person).toBe(bob);
      expect((await named('password')).person).toBe(alice);
      const { uid = '' } = (await people[alice]!.get(mine('password'))).metadata;
      const facts = JSON.stringify(admission.people.factsOf(uid));
      expect(facts).toContain(alice);
      expect(facts).not.toMatch(/hunter2|aHVudGVyMg/);
    });

    it('is who removed a field and who took a label away, which managed fields do not say', async () => {
      await people[alice]!.merge(mine('labelled'), { metadata: { labels: { team: null } } });
      expect((await named('labelled')).person).toBe(alice);
    });

    it('is who wrote under our own name', async () => {
      await people[bob]!.merge(mine('asus'), { spec: { replicas: 9 } }, { manager: 'fairlead' });
      expect((await named('asus')).person).toBe(bob);
    });

    it('is who deleted it, alone or with many', async () => {
      await people[alice]!.delete(mine('deleted'));
      await people[bob]!.deleteCollection(mine('bulk-a'), 'bulk=yes');
      expect(await named('deleted')).toMatchObject({ kind: 'missing', person: alice });
      for (const name of ['bulk-a', 'bulk-b'])
        expect(await named(name)).toMatchObject({ kind: 'missing', person: bob });
    });

    it('is who asked for a deletion, not who let it go at last', async () => {
      await people[alice]!.delete(mine('guarded'));
      await people[bob]!.delete(mine('guarded'));
      await people[bob]!.merge(mine('guarded'), { metadata: { finalizers: null } });
      expect(await named('guarded')).toMatchObject({ kind: 'missing', person: alice });
    });

    it('is nobody where two of them wrote', async () => {
      await people[alice]!.merge(mine('twice'), { spec: { replicas: 5 } });
      await people[bob]!.merge(mine('twice'), { metadata: { annotations: { note: 'bob' } } });
      await driftOf('twice', ({ fields }) => fields.length === 2);
      await rig.engine.whenIdle();
      const last = await driftOf('twice', ({ fields }) => fields.length === 2);
      expect(last.person).toBeUndefined();
    });

    it('is each in turn where we heal between, and never ourselves', async () => {
      const closed = () => rig.drifts('healed').filter(({ change }) => change === 'closed');
      for (const [index, who] of [alice, bob].entries()) {
        await people[who]!.merge(mine('healed'), { data: { a: who } });
        await waitUntil('it is healed', () => closed().length > index, limits);
        await rig.engine.whenIdle();
        expect(closed().at(-1)?.drift.person).toBe(who);
      }
      const { uid = '' } = (await people[alice]!.get(mine('healed'))).metadata;
      const users = new Set(admission.people.factsOf(uid).map(({ user }) => user));
      expect([...users].sort()).toEqual([alice, bob]);
    });

    it('is unknown once the agent takes no reviews, and writes go on', async () => {
      await admission.close();
      await people[alice]!.merge(mine('unheard'), { spec: { replicas: 6 } });
      const drift = await driftOf('unheard', ({ fields }) => fields.length === 1);
      await rig.engine.whenIdle();
      expect(drift.writer?.manager).toBe('kubectl-patch');
      expect(rig.drifts('unheard').map(({ drift: { person } }) => person)).toEqual(
        rig.drifts('unheard').map(() => undefined),
      );
    });
  },
);
