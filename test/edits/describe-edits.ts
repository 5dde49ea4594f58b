import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Schemas, unwrap } from '../../cli/client/open-client.ts';
import type { KubeObject } from '../../core/kube-object.ts';
import { KubeError } from '../clusters/kube-client.ts';
import { waitUntil } from '../clusters/wait.ts';
import { randomFrom } from '../crash/random-faults.ts';
import type { FleetRig, RigCluster } from '../support/fleet-rig.ts';
import { Tools } from '../support/kubectl.ts';
import { missingLive, type Rendered, renderSource, type Source } from '../support/rendered.ts';
import { provideSurroundings } from '../support/surroundings.ts';
import { chooseEdits, chooseSequel, type Dice, type Edit } from './choose-edits.ts';
import { judgeDrifts } from './judge-drifts.ts';
import { harmless, verbs } from './verbs.ts';

type Entry = Schemas['DriftEntry'];

/** `EDITS_SEED` chooses others. */
const seed = Number(process.env['EDITS_SEED'] ?? 1);
const rounds = 2;
const driftsOfEach = 50;
const limitMs = 240_000;

/** What the edits need to know of the applications, which are synced and healthy. */
export interface Edited {
  readonly rig: FleetRig;
  readonly cluster: RigCluster;
  readonly sources: Readonly<Record<string, Source>>;
  /** Puts all applications in mode sync. */
  readonly leaveDrift: () => Promise<void>;
  readonly untilHealthy: () => Promise<void>;
}

/** A hundred edits by hand, and others that are none of Git's business, while controllers answer to them. */
export function describeEdits(open: () => Edited): void {
  describe(`edits by hand in mode sync, of seed ${seed}`, () => {
    const dice: Dice = { random: randomFrom(seed), uses: new Map() };
    let edited: Edited;
    let tools: Tools;
    let wanted: readonly Rendered[];

    beforeAll(async () => {
      edited = open();
      tools = new Tools(edited.cluster.plane);
      await edited.leaveDrift();
      const rendered: Rendered[] = [];
      for (const source of Object.values(edited.sources))
        rendered.push(...(await renderSource(edited.rig, source)));
      wanted = rendered.filter(({ text }) => !text.includes('argocd.argoproj.io/hook:'));
    });

    afterAll(() => tools?.close());

    it.each(Array.from({ length: rounds }, (_, index) => index + 1))(
      'are each told once, with field and writer, and nothing else is; a sync ends them all: round %i',
      { timeout: 2 * limitMs },
      async () => {
        const { rig, cluster, untilHealthy } = edited;
        const known = new Set((await listDrifts(rig)).map(({ drift }) => drift.id));
        const news = async (): Promise<readonly Entry[]> =>
          (await listDrifts(rig)).filter(({ drift }) => !known.has(drift.id));
        const objects = wanted.map(({ object }) => object as KubeObject);
        const edits = chooseEdits(objects, driftsOfEach, dice);

        const early = edits.slice(0, driftsOfEach / 2);
        await make(early);
        await untilTold(early, news);
        await make([...edits.slice(early.length), ...early.flatMap((edit) => chooseSequel(edit, dice))]);
        await untilTold(edits, news);

        await syncAll(edited);
        await untilHealthy();
        await waitUntil('all are over', async () => (await news()).every(({ state }) => state === 'closed'), {
          limitMs,
        });
        expect(judgeDrifts(edits, await news())).toEqual([]);
        expect((await news()).filter(({ end }) => end !== 'synced')).toEqual([]);
        for (const entry of await news())
          expect(await courseOf(rig, entry), entry.sentence).toEqual(onceTold);
        expect(await missingLive(cluster.live, wanted)).toEqual([]);
      },
    );

    it('were made in every way there is', () => {
      const ways = [...verbs, ...harmless].map(({ name }) => name);
      expect(ways.filter((name) => !dice.uses.has(name))).toEqual([]);
    });

    async function make(edits: readonly Edit[]): Promise<void> {
      await Promise.all(edits.map((edit) => untilTaken(() => edit.act(tools))));
    }
  });
}

/** Who read what a controller has changed meanwhile wrote nothing, and does it again. */
async function untilTaken(act: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await act();
      return;
    } catch (error) {
      if (!(error instanceof KubeError) || error.status !== 409) throw error;
    }
  }
}

async function listDrifts(rig: FleetRig): Promise<readonly Entry[]> {
  const params = { query: { limit: 1000 } };
  return (await unwrap(rig.client.GET('/api/v1/drifts', { params }))).items;
}

async function untilTold(edits: readonly Edit[], news: () => Promise<readonly Entry[]>): Promise<void> {
  let problems: readonly string[] = [];
  await waitUntil(
    'each edit is told',
    async () => {
      problems = judgeDrifts(edits, await news());
      return problems.length === 0;
    },
    { limitMs: 120_000, everyMs: 200, detail: () => [`seed ${seed}`, ...problems].join('\n') },
  );
}

/** What is made anew needs a disk or an address before it is healthy. */
async function syncAll({ rig, cluster, sources }: Edited): Promise<void> {
  let isOver = false;
  const syncing = Promise.all(Object.keys(sources).map((name) => rig.operate(name, 'sync'))).finally(() => {
    isOver = true;
  });
  const provided = waitUntil(
    'the syncs are over',
    async () => {
      await provideSurroundings(cluster.live);
      return isOver;
    },
    { limitMs, everyMs: 500 },
  );
  const [operations] = await Promise.all([syncing, provided]);
  expect(operations.map(({ phase, message }) => ({ phase, message }))).toEqual(
    operations.map(({ message }) => ({ phase: 'Succeeded', message })),
  );
}

const onceTold = ['opened', 'closed'];

/** Who took a field away may be learnt a moment later. */
async function courseOf(rig: FleetRig, { drift }: Entry): Promise<readonly string[]> {
  const params = { path: { id: drift.id } };
  const { events = [] } = await unwrap(rig.client.GET('/api/v1/drifts/{id}', { params }));
  const isRemoval = drift.fields.some(({ live }) => live === undefined);
  return events.map(({ change }) => change).filter((change) => !(isRemoval && change === 'changed'));
}
