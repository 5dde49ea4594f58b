import { afterEach, describe, expect, test } from 'vitest';
import type { Drift } from '../../../core/drift.ts';
import {
  type NotificationRig,
  notificationText,
  openNotificationRig,
} from '../../support/notification-rig.ts';

let rig: NotificationRig;
afterEach(() => rig.close());

const minute = 60_000;
const all =
  '  triggers: [{type: drift}, {type: degraded, for: 10m}, {type: sync-failed}, {type: refused}, {type: brake}, {type: agent-silent}]';

async function open(spec = all, receivers: readonly string[] = ['audit']): Promise<NotificationRig> {
  rig = await openNotificationRig({ 'n.yaml': notificationText('platform', spec, receivers) });
  await enrol();
  await rig.connect('prod');
  await rig.setRecord('web');
  await rig.report('web');
  return rig;
}

function enrol(): Promise<void> {
  const enrolledAt = '2026-11-03T10:00:00.000Z';
  return rig.store.saveEnrolled({
    cluster: 'prod',
    certificateFingerprint: 'f',
    enrolledAt,
    certificateExpiresAt: enrolledAt,
  });
}

/** What a receiver took: trigger and state. */
function taken(name = 'audit'): readonly string[] {
  return rig.receiver(name).taken.map(({ trigger, state }) => `${trigger} ${state}`);
}

const degraded = { health: { status: 'Degraded', message: 'Deployment web: crashes' } } as const;
const healthy = { health: { status: 'Healthy', message: '' } } as const;

function drift(id: string): Drift {
  const ref = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' };
  const observedAt = rig.time.clock.now().toISOString();
  const fields = [{ path: 'spec.replicas', desired: 3, live: 5 }];
  return { id, application: 'argocd/web', ref, kind: 'changed', fields, observedAt, verdict: 'exact' };
}

describe('an incident', () => {
  test('is told once it has held for as long as the Notification says, and resolved exactly when it ends', async () => {
    await open();
    await rig.report('web', degraded);
    await rig.time.advance(9 * minute);
    expect(taken()).toEqual([]);
    await rig.time.advance(minute);
    expect(taken()).toEqual(['degraded firing']);
    const [message] = rig.receiver('audit').taken;
    expect(message).toMatchObject({
      severity: 'critical',
      summary: 'prod/web runs c1 (2 h), degraded: Deployment web: crashes.',
      subject: { application: 'argocd/web', cluster: 'prod', environment: 'prod', project: 'shop' },
      nextStep: 'fairlead app get argocd/web',
      link: 'https://fairlead.example.com/applications/argocd/web',
      startsAt: '2026-11-03T14:00:00.000Z',
    });
    await rig.report('web', { health: { status: 'Progressing', message: '' } });
    expect(taken()).toHaveLength(1);
    await rig.report('web', healthy);
    expect(taken()).toEqual(['degraded firing', 'degraded resolved']);
    expect(rig.receiver('audit').taken[1]).toMatchObject({
      id: message?.id,
      endsAt: '2026-11-03T14:10:00.000Z',
    });
  });

  test('that ends before anybody was to be told leaves no trace', async () => {
    await open();
    await rig.report('web', degraded);
    await rig.time.advance(5 * minute);
    await rig.report('web', healthy);
    await rig.time.advance(60 * minute);
    expect(taken()).toEqual([]);
    expect(await rig.store.readIncidents({ resolvedAfter: '1970-01-01T00:00:00.000Z' })).toEqual([]);
  });

  test('costs nothing while others change, however many there are', async () => {
    await open();
    for (let index = 0; index < 20; index += 1) {
      await rig.setRecord(`app-${index}`);
      await rig.report(`app-${index}`, degraded);
    }
    const before = rig.matches;
    await rig.report('web', degraded);
    expect(rig.matches - before).toBeLessThan(5);
  });

  test('waits on through a restart of the hub', async () => {
    await open();
    await rig.report('web', degraded);
    await rig.time.advance(6 * minute);
    await rig.crash();
    await rig.connect('prod');
    await rig.time.advance(4 * minute);
    expect(taken()).toEqual(['degraded firing']);
  });

  test('of a refusal comes and goes with what the hub itself decides', async () => {
    await open();
    const gate = { kind: 'refusal', reason: "project shop doesn't allow it", remedy: 'Allow it' } as const;
    await rig.setRecord('web', { gates: [gate], owner: 'team-shop' });
    expect(rig.receiver('audit').taken[0]).toMatchObject({
      trigger: 'refused',
      summary: "prod/web refused: project shop doesn't allow it.",
      nextStep: 'Allow it; fairlead app get argocd/web',
      subject: { owner: 'team-shop' },
    });
    await rig.removeRecord('web');
    expect(taken()).toEqual(['refused firing', 'refused resolved']);
  });

  test('that flaps is told a few times, and then only resolved once it has stayed away', async () => {
    await open();
    for (let round = 0; round < 30; round += 1) {
      await rig.report('web', { sync: 'OutOfSync', cause: 'drifted', drifts: [drift(`drift-${round}`)] });
      await rig.time.advance(minute / 2);
      await rig.report('web');
      await rig.time.advance(minute / 2);
    }
    expect(taken()).toHaveLength(5);
    expect(taken().at(-1)).toBe('drift firing');
    await rig.time.advance(10 * minute);
    expect(taken()).toHaveLength(6);
    expect(taken().at(-1)).toBe('drift resolved');
  });
});

describe('an agent that is silent', () => {
  test('is one incident of its cluster, and leaves those of its applications as they are', async () => {
    await open();
    await rig.setRecord('api');
    await rig.report('api');
    await rig.report('web', { sync: 'OutOfSync', cause: 'drifted', drifts: [drift('drift-1')] });
    await rig.report('api', degraded);
    expect(taken()).toEqual(['drift firing']);
    await rig.disconnect('prod');
    await rig.time.advance(20 * minute);
    expect(taken()).toEqual(['drift firing', 'agent-silent firing']);
    expect(rig.receiver('audit').taken[1]).toMatchObject({
      subject: { cluster: 'prod', environment: 'prod' },
      summary: 'prod is unknown: agent silent since 14:00:00 UTC (5 min).',
      link: 'https://fairlead.example.com/clusters/prod',
    });
    await rig.connect('prod');
    expect(taken().slice(2).sort()).toEqual(['agent-silent resolved', 'degraded firing']);
    await rig.report('web');
    expect(taken().at(-1)).toBe('drift resolved');
  });

  test('counts from the start of the hub, which may have been away itself', async () => {
    await open();
    await rig.disconnect('prod');
    await rig.crash(() => rig.time.advance(60 * minute));
    await rig.time.advance(4 * minute);
    expect(taken()).toEqual([]);
    await rig.time.advance(minute);
    expect(taken()).toEqual(['agent-silent firing']);
  });
});

describe('a drift that is over before anybody looks', () => {
  test('is told in one resolved message where no mode heals, and kept quiet where one does', async () => {
    await open();
    const first = drift('drift-1');
    const event = { drift: first, change: 'opened', at: first.observedAt } as const;
    await rig.store.saveReports('prod', [{ sequence: 900, report: { type: 'drift', event } }]);
    await rig.store.saveReports('prod', [
      { sequence: 901, report: { type: 'drift', event: { ...event, change: 'closed', end: 'healed' } } },
    ]);
    await rig.crash();
    expect(taken()).toEqual([]);
    await rig.connect('prod');
    expect(taken()).toEqual(['drift resolved']);
    expect(rig.receiver('audit').taken[0]?.summary).toContain('healed 14:00:00');

    await rig.setRecord('web', { mode: 'heal' });
    const second = drift('drift-2');
    await rig.drift(second, 'opened');
    await rig.drift(second, 'closed');
    expect(taken()).toHaveLength(1);
  });

  test("is nobody's where another cluster tells it, which the application has left", async () => {
    await open();
    const late = drift('drift-1');
    const event = { drift: late, change: 'opened', at: late.observedAt } as const;
    await rig.store.saveReports('dev', [{ sequence: 1, report: { type: 'drift', event } }]);
    await rig.report('web');
    expect(taken()).toEqual([]);
    expect(await rig.store.listDriftNews()).toEqual([]);
  });

  test('is told in any mode where the Notification asks for it at once', async () => {
    await open('  triggers: [{type: drift, for: 0s}]');
    await rig.setRecord('web', { mode: 'heal' });
    const first = drift('drift-1');
    await rig.drift(first, 'opened');
    await rig.drift(first, 'closed');
    expect(taken().at(-1)).toBe('drift resolved');
  });
});

describe('a Notification', () => {
  test('that asks for less tells those it leaves out that it is over for them, and for more tells the new ones', async () => {
    await open('  triggers: [{type: refused}]', ['audit']);
    const gate = { kind: 'refusal', reason: 'no', remedy: 'Allow it' } as const;
    await rig.setRecord('web', { gates: [gate] });
    await rig.setDocuments({
      'n.yaml': notificationText('platform', '  triggers: [{type: drift}]', ['audit']),
      'o.yaml': notificationText('other', '  triggers: [{type: refused}]', ['other']),
    });
    expect(taken()).toEqual(['refused firing', 'refused resolved']);
    expect(taken('other')).toEqual(['refused firing']);
    // And when it is asked for again it is another incident, for everybody.
    await rig.setDocuments({
      'n.yaml': notificationText('platform', '  triggers: [{type: refused}]', ['audit']),
      'o.yaml': notificationText('other', '  triggers: [{type: refused}]', ['other']),
    });
    expect(taken()).toEqual(['refused firing', 'refused resolved', 'refused firing']);
    expect(taken('other')).toEqual(['refused firing', 'refused resolved', 'refused firing']);
    const ids = rig.receiver('audit').taken.map(({ id }) => id);
    expect(new Set(ids).size).toBe(2);
  });

  test('that is gone has no receivers: what they were to be told is dropped', async () => {
    await open();
    rig.receiver('audit').behaviour = 'fail';
    await rig.setRecord('web', { gates: [{ kind: 'refusal', reason: 'no', remedy: 'Allow it' }] });
    expect(rig.dispatcher.states()).toMatchObject([{ pending: 1, lastError: 'answered 500' }]);
    await rig.setDocuments({});
    rig.receiver('audit').behaviour = 'take';
    await rig.time.advance(60 * minute);
    expect(taken()).toEqual([]);
    expect(await rig.store.readOutbox()).toEqual([]);
  });

  test('chooses by project, environment, cluster, owner and severity', async () => {
    const spec = (match: string) => `  triggers: [{type: refused, severity: info}]\n  match: ${match}`;
    await open(spec('{owners: [team-shop]}'), ['owner']);
    await rig.setDocuments({
      'a.yaml': notificationText('a', spec('{owners: [team-shop]}'), ['owner']),
      'b.yaml': notificationText('b', spec('{projects: ["s*"], clusters: [pr*]}'), ['project']),
      'c.yaml': notificationText('c', spec('{environments: [dev]}'), ['environment']),
      'd.yaml': notificationText('d', spec('{severities: [critical]}'), ['severity']),
    });
    await rig.setRecord('web', { gates: [{ kind: 'refusal', reason: 'no', remedy: 'Allow it' }] });
    expect(['owner', 'project', 'environment', 'severity'].map((name) => taken(name).length)).toEqual([
      0, 1, 0, 0,
    ]);
    await rig.setRecord('api', {
      gates: [{ kind: 'refusal', reason: 'no', remedy: 'Allow it' }],
      owner: 'team-shop',
    });
    expect(taken('owner')).toEqual(['refused firing']);
  });
});

describe('a watchdog', () => {
  test('is told at once and then at its interval that the hub lives, whoever else is down', async () => {
    rig = await openNotificationRig({
      'n.yaml': notificationText('platform', '  triggers: [{type: drift}]', [
        'audit',
        'alertmanager',
      ]).replace('{name: audit,', '{name: audit, watchdog: 1m,'),
    });
    rig.receiver('alertmanager').behaviour = 'hang';
    await rig.time.advance(3 * minute);
    expect(taken()).toEqual(Array.from({ length: 4 }, () => 'watchdog firing'));
    expect(taken('alertmanager')).toEqual([]);
    await rig.setDocuments({});
    await rig.time.advance(3 * minute);
    expect(taken()).toHaveLength(4);
  });

  test('stays silent while the hub ends no pass, so that its absence tells', async () => {
    rig = await openNotificationRig({
      'n.yaml': notificationText('platform', '  triggers: [{type: drift}]', ['audit']).replace(
        '{name: audit,',
        '{name: audit, watchdog: 1m,',
      ),
    });
    await rig.time.advance(minute);
    rig.lives = false;
    await rig.time.advance(5 * minute);
    expect(taken()).toHaveLength(2);
    rig.lives = true;
    await rig.time.advance(minute);
    expect(taken()).toHaveLength(3);
  });
});
