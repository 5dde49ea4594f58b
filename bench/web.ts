import type { Browser } from 'playwright-core';
import { openBrowser, openPage } from '../test/support/browser.ts';
import { setup as buildWeb } from '../test/support/build-web.ts';
import { openSeededHub, type SeededHub } from '../test/support/seeded-hub.ts';
import { type Figure, figureOf } from './figures.ts';

const size = { applications: 1000, clusters: 20 };
const repetitions = 5;
const changes = 10;

/** Runs in the page before all else: notes when the overview's last cluster stands there. */
const noteReady = `(() => {
  const look = () => {
    if (document.querySelectorAll('.cluster-row').length === ${size.clusters}) window.readyAt = performance.now();
    else requestAnimationFrame(look);
  };
  look();
})();`;

/** An expression that waits, frame by frame, until a condition holds; the page's own policy forbids other ways. */
function until(condition: string): string {
  return `new Promise((done) => {
    const look = () => ${condition} ? done() : requestAnimationFrame(look);
    look();
  })`;
}

/**
 * The web UI in Chromium against a hub with 1,000 applications on 20 clusters: how long the overview takes with an empty
 * cache, what it loads, and how long after an agent's report an open page shows it.
 */
export async function measureWeb(say: (line: string) => void): Promise<readonly Figure[]> {
  await buildWeb();
  const hub = await openSeededHub(size);
  try {
    const browser = await openBrowser();
    try {
      say(`web: the overview of ${size.applications} applications on ${size.clusters} clusters`);
      return [...(await measureOverview(browser, hub)), await measureChange(browser, hub)];
    } finally {
      await browser.close();
    }
  } finally {
    await hub.close();
  }
}

async function measureOverview(browser: Browser, hub: SeededHub): Promise<readonly Figure[]> {
  const seconds: number[] = [];
  const kilobytes: number[] = [];
  for (let turn = 0; turn < repetitions; turn += 1) {
    const { page, close } = await openPage(browser, hub);
    let bytes = 0;
    page.on('requestfinished', (request) => {
      if (request.url().endsWith('/events')) return;
      void request.sizes().then((sizes) => {
        bytes += sizes.responseBodySize + sizes.responseHeadersSize;
      });
    });
    await page.addInitScript({ content: noteReady });
    await page.goto('/');
    await page.evaluate(until('window.readyAt !== undefined'));
    seconds.push(Number(await page.evaluate('window.readyAt')) / 1000);
    kilobytes.push(bytes / 1000);
    await close();
  }
  return [figureOf('web-overview', 's', seconds), figureOf('web-first-page', 'kB', kilobytes)];
}

/** From an agent's report to the sentence in the page that somebody reads. */
async function measureChange(browser: Browser, hub: SeededHub): Promise<Figure> {
  const { page, go, close } = await openPage(browser, hub);
  const status = [...hub.fleet.statuses.values()].find(({ application }) =>
    application.includes('prod-eu-1'),
  );
  if (status === undefined) throw new Error('the seeded fleet runs something on prod-eu-1');
  const { application } = status;
  const samples: number[] = [];
  await go(`/applications/${application}`);
  for (let turn = 0; turn < changes; turn += 1) {
    const message = `reason ${turn}.`;
    const changed = { ...status, health: { status: 'Degraded', message } as const };
    const start = performance.now();
    await hub.store.saveReports('prod-eu-1', [
      { sequence: 950_000 + turn, report: { type: 'application', status: changed } },
    ]);
    hub.emit({ type: 'application', application });
    await page.evaluate(until(`document.querySelector('.facts').textContent.includes('${message}')`));
    samples.push((performance.now() - start) / 1000);
  }
  await close();
  return figureOf('report-visible', 's', samples);
}
