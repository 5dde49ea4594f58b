import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Drift } from '../../../core/drift.ts';
import {
  type MemoryReceiver,
  type NotificationRig,
  notificationText,
  openNotificationRig,
} from '../../support/notification-rig.ts';

/**
 * Conditions come and go, agents and receivers too, and the hub dies at any call of its store: in the end each receiver
 * has last heard of everything as it really is, and never of a firing after its end.
 */

type Step =
  | { readonly type: 'condition'; readonly app: number; readonly aspect: Aspect; readonly holds: boolean }
  | { readonly type: 'agent'; readonly connected: boolean }
  | { readonly type: 'time'; readonly minutes: number }
  | { readonly type: 'receiver'; readonly name: string; readonly behaviour: MemoryReceiver['behaviour'] }
  | { readonly type: 'die'; readonly calls: number; readonly when: 'before' | 'after' }
  | { readonly type: 'restart' };

const aspects = ['drift', 'degraded', 'refused'] as const;
type Aspect = (typeof aspects)[number];
const apps = ['web', 'api'] as const;
const minute = 60_000;

const texts = {
  'all.yaml': notificationText(
    'all',
    '  triggers: [{type: drift}, {type: degraded, for: 2m}, {type: refused}]',
    ['audit', 'alertmanager'],
  ),
  'drift.yaml': notificationText('drift', '  triggers: [{type: drift, for: 1m}]', ['chat']),
};
const heard: Readonly<Record<string, readonly Aspect[]>> = {
  audit: aspects,
  alertmanager: aspects,
  chat: ['drift'],
};

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('condition' as const),
      app: fc.nat(apps.length - 1),
      aspect: fc.constantFrom(...aspects),
      holds: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('time' as const), minutes: fc.constantFrom(0.1, 1, 3, 20) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('agent' as const), connected: fc.boolean() }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('receiver' as const),
      name: fc.constantFrom(...Object.keys(heard)),
      behaviour: fc.constantFrom(
        'take' as const,
        'late' as const,
        'fail' as const,
        'reject' as const,
        'lose' as const,
        'hang' as const,
      ),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('die' as const),
      calls: fc.nat(12),
      when: fc.constantFrom('before' as const, 'after' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'restart' as const }) },
);

/** What really is, apart from what the hub knows of it. */
class World {
  readonly #rig: NotificationRig;
  readonly holding = new Set<string>();
  #drifts = 0;

  constructor(rig: NotificationRig) {
    this.#rig = rig;
  }

  async set(app: number, aspect: Aspect, holds: boolean): Promise<void> {
    const name = apps[app] ?? 'web';
    const key = `${aspect} argocd/${name}`;
    if (holds) this.holding.add(key);
    else this.holding.delete(key);
    const has = (each: Aspect): boolean => this.holding.has(`${each} argocd/${name}`);
    if (aspect === 'refused') {
      const gate = { kind: 'refusal', reason: 'no', remedy: 'Allow it' } as const;
      await this.#rig.setRecord(name, { gates: has('refused') ? [gate] : [] });
      return;
    }
    await this.#rig.report(name, {
      health: has('degraded')
        ? { status: 'Degraded', message: 'crashes' }
        : { status: 'Healthy', message: '' },
      ...(has('drift') ? { sync: 'OutOfSync', cause: 'drifted', drifts: [this.#drift(name)] } : {}),
    });
  }

  #drift(name: string): Drift {
    this.#drifts += 1;
    const ref = { group: 'apps', kind: 'Deployment', namespace: 'shop', name };
    const observedAt = this.#rig.time.clock.now().toISOString();
    const id = `drift-${this.#drifts}`;
    return {
      id,
      application: `argocd/${name}`,
      ref,
      kind: 'missing',
      fields: [],
      observedAt,
      verdict: 'exact',
    };
  }
}

async function run(rig: NotificationRig, world: World, each: Step): Promise<void> {
  if (!rig.alive()) await rig.crash();
  switch (each.type) {
    case 'condition':
      return world.set(each.app, each.aspect, each.holds);
    case 'agent':
      return each.connected ? rig.connect('prod') : rig.disconnect('prod');
    case 'time':
      return rig.time.advance(each.minutes * minute);
    case 'receiver':
      rig.receiver(each.name).behaviour = each.behaviour;
      return;
    case 'die':
      return rig.dieAfter(each.calls, each.when);
    case 'restart':
      return rig.crash();
  }
}

/** Everything works from here on, and enough time goes by for the longest wait. */
async function calmDown(rig: NotificationRig): Promise<void> {
  for (const name of Object.keys(heard)) rig.receiver(name).behaviour = 'take';
  // A message that hangs is given up by its time-out, which here is the end of the process.
  await rig.crash();
  await rig.connect('prod');
  await rig.time.advance(40 * minute);
}

/** Trigger and application of what a receiver must take for firing. Throws where one was resolved before. */
function firing({ taken }: MemoryReceiver): readonly string[] {
  const last = new Map<string, (typeof taken)[number]>();
  for (const message of taken) {
    const before = last.get(message.id);
    if (before?.state === 'resolved' && message.state === 'firing')
      throw new Error('firing after its resolved');
    last.set(message.id, message);
  }
  return [...last.values()]
    .filter(({ state }) => state === 'firing')
    .map(({ trigger, subject }) => `${trigger} ${subject.application}`)
    .sort();
}

test('however conditions, failures and deaths interleave, receivers end up with what really is', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
      const rig = await openNotificationRig(texts);
      try {
        const world = new World(rig);
        await rig.connect('prod');
        for (const [index, name] of apps.entries()) {
          await rig.setRecord(name);
          await world.set(index, 'drift', false);
        }
        for (const each of steps) await run(rig, world, each);
        await calmDown(rig);
        for (const [name, aspectsHeard] of Object.entries(heard)) {
          const expected = [...world.holding].filter((key) =>
            aspectsHeard.some((aspect) => key.startsWith(aspect)),
          );
          expect(firing(rig.receiver(name)), name).toEqual(expected.sort());
        }
        expect(rig.dispatcher.states().map(({ pending }) => pending)).toEqual([0, 0, 0]);
        expect(rig.log.messages('error')).toEqual([]);
      } finally {
        await rig.close();
      }
    }),
    { numRuns: 25 },
  );
}, 120_000);
