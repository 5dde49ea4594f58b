import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { digest } from '../../core/digest.ts';
import { parseEnrollmentToken } from '../../core/enrollment-token.ts';
import type { Report } from '../../core/session.ts';
import { createControl, foldSessionEvent, HubEvents } from '../../hub/control.ts';
import { openHosts } from '../../hub/hosts/open-hosts.ts';
import { type Identity, openIdentity } from '../../hub/identity/open-identity.ts';
import type { ControlPort, HubEvent } from '../../hub/ports.ts';
import { openRender } from '../../hub/render/open-render.ts';
import { administration, applicationText, configMapText } from '../support/fleet-texts.ts';
import { type LoopRig, openLoopRig } from '../support/loop-rig.ts';
import { recordLog } from '../support/record-log.ts';

let dir: string;
let rig: LoopRig;
let identity: Identity;
let control: ControlPort;
let seen: HubEvent[];
let events: HubEvents;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'fairlead-control-'));
  const log = recordLog();
  const render = await openRender({ helm: undefined, kustomize: undefined, tmpDir: dir, log });
  rig = await openLoopRig({ render });
  const clock = { now: () => new Date('2026-11-03T14:00:00.000Z') };
  identity = await openIdentity({ dir: join(dir, 'identity'), hostnames: [], clock, log });
  events = new HubEvents();
  seen = [];
  events.subscribe((event) => seen.push(event));
  control = createControl(
    {
      store: rig.store,
      loop: rig.loop,
      identity,
      git: rig.git,
      hosts: openHosts({ hosts: [], clock }),
      render,
      fleet: rig.fleet,
      sessions: () => undefined,
      secretProblems: () => [],
      agentAddress: () => 'hub.example.com:8443',
      clock,
    },
    events,
  );
});

afterEach(async () => {
  identity.close();
  await rig.close();
  await rm(dir, { recursive: true, force: true });
});

const web = (): Promise<void> =>
  rig.commit({
    ...administration,
    'web/config.yaml': configMapText('web', 'first'),
    'applications/web.yaml': applicationText('web', {
      repoURL: rig.url('fleet.git'),
      finalizer: 'resources',
    }),
  });

test('a token is for a cluster that the fleet has, works for an hour, and is kept as a digest only', async () => {
  await web();
  const { cluster, token, expiresAt } = await control.enroll('two');
  expect(expiresAt).toBe('2026-11-03T15:00:00.000Z');
  const { secret, ...rest } = parseEnrollmentToken(token);
  expect(rest).toEqual({ cluster, hub: 'hub.example.com:8443', ca: identity.fingerprint });
  expect(await rig.store.spendToken(digest(secret), '2026-11-03T15:00:01.000Z')).toBeUndefined();
  const again = parseEnrollmentToken((await control.enroll('two')).token);
  expect(await rig.store.spendToken(digest(again.secret), '2026-11-03T14:59:59.000Z')).toBe('two');
  await expect(control.enroll('three')).rejects.toMatchObject({
    code: 'not-found',
    message: 'the fleet has no cluster three',
    remedy: 'Its Cluster documents name one, two',
  });
});

test('an operation is stored and told to live views', async () => {
  await web();
  const { id } = await control.submit({
    application: 'argocd/web',
    cluster: 'one',
    request: { type: 'sync' },
    requestedBy: 'ada',
  });
  expect(await rig.store.readOperation(id)).toMatchObject({ phase: 'Pending', requestedBy: 'ada' });
  expect(seen).toEqual([{ type: 'operation', id }]);
});

test('a decommission is asked for once in each way; another way replaces it, and one that has left can leave no more', async () => {
  await web();
  const ask = (objects: 'delete' | 'release' | 'abandon') => control.decommission('one', objects, 'ada');
  const first = await ask('delete');
  await rig.loop.whenIdle();
  expect((await rig.desired('one', 'web'))?.removal).toBe('delete');
  await expect(ask('delete')).rejects.toMatchObject({
    code: 'conflict',
    message: 'it is being decommissioned in this very way already',
  });
  const second = await ask('release');
  await rig.loop.whenIdle();
  expect((await rig.desired('one', 'web'))?.removal).toBe('release');
  expect(await rig.store.readOperation(first.id)).toMatchObject({ phase: 'Failed' });

  await control.cancel(second.id, 'bo');
  await rig.loop.whenIdle();
  expect((await rig.desired('one', 'web'))?.manifests).toHaveLength(1);
  await ask('abandon');
  await rig.loop.whenIdle();
  await expect(ask('abandon')).rejects.toMatchObject({ code: 'conflict', subject: 'one' });
  await expect(control.decommission('three', 'delete', 'ada')).rejects.toMatchObject({ code: 'not-found' });
});

test('a cluster that had left is sent what Git says once it is enrolled again', async () => {
  await web();
  await control.decommission('one', 'abandon', 'ada');
  await rig.loop.whenIdle();
  expect(await rig.desired('one', 'web')).toBeUndefined();
  const at = '2026-11-04T10:00:00.000Z';
  const certificate = { certificateFingerprint: 'f2', enrolledAt: at, certificateExpiresAt: at };
  await rig.store.saveEnrolled({ cluster: 'one', ...certificate });
  foldSessionEvent({ type: 'enrolled', cluster: 'one' }, rig.loop, events);
  await rig.loop.whenIdle();
  expect((await rig.desired('one', 'web'))?.manifests).toHaveLength(1);
});

test('what an agent says reaches live views and the loop', async () => {
  await web();
  await rig.commit({ 'applications/web.yaml': null });
  expect((await rig.desired('one', 'web'))?.removal).toBe('delete');
  const status = {
    application: 'argocd/web',
    digest: 'd',
    sync: 'Synced',
    health: { status: 'Healthy', message: '' },
    objects: [],
    drifts: [],
    failures: [],
    gates: [],
    removal: 'done',
  } as const;
  const report: Report = { type: 'application', status };
  foldSessionEvent({ type: 'reports', cluster: 'one', reports: [{ sequence: 1, report }] }, rig.loop, events);
  await rig.loop.whenIdle();
  expect(await rig.desired('one', 'web')).toBeUndefined();
  expect(seen).toEqual([
    { type: 'cluster', cluster: 'one' },
    { type: 'application', application: 'argocd/web' },
  ]);
});

test('a listener that left hears nothing', async () => {
  const heard: HubEvent[] = [];
  control.subscribe((event) => heard.push(event))();
  events.emit({ type: 'cluster', cluster: 'one' });
  expect(heard).toEqual([]);
  expect(seen).toHaveLength(1);
});
