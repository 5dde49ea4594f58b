import { openBrowser, openPage } from '../test/support/browser.ts';
import { type Figure, figureOf } from './figures.ts';
import { applicationName, namespace } from './fleet.ts';
import type { LiveView } from './live-view.ts';
import type { World } from './world.ts';

const repetitions = 10;

/** From a manual edit in the cluster to the drift inbox that somebody has open: watch, compare, report, store, page. */
export async function measureVisibleChange(world: World, view: LiveView): Promise<Figure> {
  const browser = await openBrowser();
  try {
    const { page, go, close } = await openPage(browser, world.hub);
    await go('/drift?state=all');
    const count = page.locator('.list-head [role=status]').first();
    await count.getByText(/^\d+ drifts?$/).waitFor();
    const samples: number[] = [];
    for (let turn = 0; turn < repetitions; turn += 1) {
      const seen = Number.parseInt((await count.textContent()) ?? '', 10);
      const start = performance.now();
      await view.edit(namespace, applicationName(turn * 31 + 3), `seen ${turn}`);
      await count.getByText(`${seen + 1} drifts`, { exact: true }).waitFor();
      samples.push((performance.now() - start) / 1000);
    }
    await close();
    return figureOf('cluster-change-visible', 's', samples);
  } finally {
    await browser.close();
  }
}
