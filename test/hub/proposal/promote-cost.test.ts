import { afterAll, beforeAll, expect, test } from 'vitest';
import type { GitPort, RenderPort } from '../../../hub/ports.ts';
import type { FileChanges } from '../../support/git-repo.ts';
import { deployment, promotionFleet } from '../../support/promotion-fleet.ts';
import { openPromotionRig, type PromotionRig } from '../../support/promotion-rig.ts';

let rig: PromotionRig;

/** Files that belong to nobody, as a monorepo has them. */
function bystanders(count: number): FileChanges {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `libraries/${index % 200}/module-${index}.txt`,
      `content ${index}\n`,
    ]),
  );
}

beforeAll(async () => {
  rig = await openPromotionRig();
  const url = rig.hub.url('fleet.git');
  await rig.hub.repo('fleet.git').commit({ ...bystanders(40_000), ...promotionFleet(url) });
  await rig.hub.repo('fleet.git').tag('v1');
  await rig.hub.pass();
  await rig.reportAll();
}, 600_000);

afterAll(() => rig.close());

interface Cost {
  readonly blobs: number;
  readonly fetches: number;
  readonly renders: readonly string[];
}

async function costOf(key: string): Promise<Cost> {
  const cost = { blobs: 0, fetches: 0, renders: [] as string[] };
  const git: GitPort = {
    ...rig.hub.git,
    readBlobs(url, oids) {
      cost.blobs += oids.length;
      return rig.hub.git.readBlobs(url, oids);
    },
    fetch(url, revisions, signal) {
      cost.fetches += 1;
      return rig.hub.git.fetch(url, revisions, signal);
    },
  };
  const render: RenderPort = {
    async prepare(request) {
      const prepared = await rig.render.prepare(request);
      if (prepared.type === 'problems') return prepared;
      return {
        ...prepared,
        render(signal) {
          cost.renders.push(request.applicationName);
          return prepared.render(signal);
        },
      };
    },
  };
  expect(await rig.promote(key, { git, render })).toMatchObject({ state: 'written' });
  return cost;
}

test('among 40,000 files, a promotion reads what its target reads and renders it once', async () => {
  const cost = await costOf('plain');
  expect(cost.renders).toEqual(['plain-p1', 'plain-p2']);
  expect(cost.blobs).toBeLessThan(20);
  expect(cost.fetches).toBe(1);
});

test('an overlay whose base is shared costs one render, since sharing shows without rendering', async () => {
  const cost = await costOf('shop');
  expect(cost.renders).toEqual(['shop-prod']);
  expect(cost.blobs).toBeLessThan(40);
});

test('what is known of the target is not rendered again, what changed meanwhile is', async () => {
  const changed = deployment('web', 'registry.example/web:0.5', '          tty: true\n');
  await rig.hub.repo('fleet.git').commit({ 'label/b/web.yaml': changed });
  const cost = await costOf('named');
  // Once as it is now, which the hub hasn't met yet, and once with the edit.
  expect(cost.renders).toEqual(['omega', 'omega']);
});
