import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BreakableFleet, below, openBreakableFleet } from '../support/breakable-fleet.ts';
import { configMapText, fleetText } from '../support/fleet-texts.ts';
import type { LoopRig } from '../support/loop-rig.ts';

/** Only a fleet repository that can't be read, or whose Fleet document can't, freezes all. */
let fleet: BreakableFleet;
let rig: LoopRig;

beforeEach(async () => {
  fleet = await openBreakableFleet();
  rig = fleet.rig;
}, 300_000);

afterEach(() => fleet.close());

describe('all freezes', () => {
  /** Problems of the fleet as one text. */
  const problems = (): string =>
    rig.loop
      .problems()
      .map(({ message, remedy }) => `${message}. ${remedy ?? ''}`)
      .join('\n');

  test('while the fleet repository does not answer, and goes on by itself', async () => {
    await rig.repo('apps.git').commit({ 'web/config.yaml': configMapText('web', 'second') });
    await rig.server.stop();
    await rig.pass();
    expect(problems()).toContain(rig.url('fleet.git'));
    expect(problems()).toMatch(/nothing answers at its address/);
    await fleet.untouched();
    await rig.server.start();
    await rig.pass();
    expect(rig.loop.problems()).toEqual([]);
    expect((await rig.desired('one', 'web'))?.manifests[0]?.object).toMatchObject({
      data: { value: 'second' },
    });
  });

  test('where its branch is gone', async () => {
    await rig.repo('fleet.git').git('branch', '-m', 'main', 'trunk');
    await rig.pass();
    expect(problems()).toMatch(/main/);
    await fleet.untouched();
  });

  test('where the Fleet document is gone, cut short, or not alone', async () => {
    for (const change of [
      { 'catalog/fleet/fleet.yaml': null },
      { 'catalog/fleet/fleet.yaml': null, 'catalog/applications/web.yaml': null },
      { 'catalog/fleet/fleet.yaml': fleetText(), 'catalog/fleet/second.yaml': fleetText(['test', 'more']) },
    ]) {
      await rig.commit({ ...below('catalog', fleet.documents), ...change });
      expect(problems()).toMatch(/Fleet/);
      await fleet.untouched();
    }
    await rig.commit({ 'catalog/fleet/second.yaml': null });
    expect(rig.loop.problems()).toEqual([]);
    await fleet.untouched();
  });

  test('where the catalog is gone: its folder, or everything', async () => {
    const files = await rig.repo('fleet.git').git('ls-tree', '-r', '--name-only', 'main');
    await rig.commit(Object.fromEntries(files.split('\n').map((file) => [file, null])));
    expect(problems()).toMatch(/no folder catalog/);
    await fleet.untouched();
    await rig.restart();
    expect(problems()).toMatch(/no folder catalog/);
    await fleet.untouched();
  });
});

test('a hub that starts again on a broken commit keeps the last good documents and heads', async () => {
  await rig.commit({
    'catalog/applications/web.yaml': 'kind: [\n',
    'catalog/fleet/projects/shop.yaml': 'kind: [\n',
    'catalog/fleet/clusters/one.yaml': 'kind: [\n',
    'catalog/fleet/fleet.yaml': 'kind: [\n',
  });
  await rig.repo('shop.git').commit({ 'base/config.yaml': configMapText('shop', 'second') });
  await rig.restart();
  await rig.restart();
  await fleet.untouched();
  expect(rig.takeRenders().filter((name) => name === 'shop')).toEqual(['shop']);
  expect(new Set(rig.loop.problems().map((problem) => problem.location?.file))).toEqual(
    new Set([
      'catalog/applications/web.yaml',
      'catalog/fleet/clusters/one.yaml',
      'catalog/fleet/fleet.yaml',
      'catalog/fleet/projects/shop.yaml',
    ]),
  );
  expect(await fleet.gateOf('web')).toMatchObject({ kind: 'frozen', at: 'catalog/applications/web.yaml:1' });
  expect(await fleet.gateOf('shop')).toMatchObject({ kind: 'frozen' });
});

test('a hub that starts while Git is away keeps its heads', async () => {
  await rig.server.stop();
  await rig.restart();
  await fleet.untouched();
  expect(rig.loop.catalog()?.applications.size).toBe(4);
});
