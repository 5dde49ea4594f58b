/** Writes docs/ui/*.png: `make screenshots`. Each page of a seeded fleet, as it looks now. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { encodeDiff } from '../../core/operation.ts';
import { openBrowser, openPage, type PageOptions } from '../support/browser.ts';
import { openSeededHub, type SeededHub } from '../support/seeded-hub.ts';

const folder = join(import.meta.dirname, '../../docs/ui');
/** A working afternoon; the pictures of two runs are the same. */
const moment = new Date('2026-11-25T13:40:00.000Z');

interface Picture {
  readonly name: string;
  readonly path: string;
  readonly options?: PageOptions;
  readonly height?: number;
  /** What to press before. */
  readonly press?: readonly string[];
  /** What to search for before. */
  readonly find?: string;
  /** Only this part of the page. */
  readonly part?: string;
}

const dark = { colorScheme: 'dark' } as const;
const narrow = { viewport: { width: 390, height: 844 } } as const;

const pictures: readonly Picture[] = [
  { name: 'sign-in', path: '/', options: { signedIn: 'no' }, height: 560 },
  { name: 'fleet', path: '/' },
  { name: 'fleet-dark', path: '/', options: dark },
  { name: 'applications', path: '/applications' },
  { name: 'applications-grouped', path: '/applications?group=environment&tone=attention' },
  {
    name: 'application',
    path: '/applications/argocd/checkout-prod-eu-1',
    press: ['Compare now'],
    height: 1040,
  },
  {
    name: 'application-history',
    path: '/applications/argocd/checkout-prod-eu-1',
    press: ['Show the revert'],
    part: 'section[aria-labelledby="history"]',
  },
  { name: 'search', path: '/', find: 'payments', height: 560 },
  { name: 'drift', path: '/drift', height: 620 },
  { name: 'clusters', path: '/clusters', height: 620 },
  { name: 'cluster', path: '/clusters/prod-eu-1', height: 620 },
  { name: 'not-found', path: '/nowhere', height: 300 },
  { name: 'narrow-fleet', path: '/', options: narrow },
  { name: 'narrow-applications', path: '/applications', options: narrow },
  { name: 'narrow-application', path: '/applications/argocd/checkout-prod-eu-1', options: narrow },
];

await mkdir(folder, { recursive: true });
const hub = await openSeededHub({ applications: 260, clusters: 12 }, { clock: { now: () => moment } });
const { drifts = [] } = hub.fleet.statuses.get('argocd/checkout-prod-eu-1') ?? {};
hub.answer('Succeeded', encodeDiff(drifts.map(({ ref, kind, fields }) => ({ ref, kind, fields }))));
try {
  const browser = await openBrowser();
  try {
    for (const picture of pictures) await take(browser, hub, picture);
  } finally {
    await browser.close();
  }
} finally {
  await hub.close();
}

async function take(browser: Browser, hub: SeededHub, picture: Picture): Promise<void> {
  const { name, path, options = {}, height, press = [], find, part } = picture;
  const { page, go, close } = await openPage(browser, hub, {
    ...options,
    ...(height === undefined ? {} : { viewport: { width: 1280, height } }),
  });
  try {
    await page.clock.setFixedTime(moment);
    await go(path);
    await page.locator('.waiting').waitFor({ state: 'detached' });
    for (const label of press) await page.getByRole('button', { name: label }).click();
    await page.waitForLoadState('load');
    await page.evaluate('document.fonts.ready');
    if (find !== undefined) await search(page, find);
    if (press.length > 0)
      await page.waitForLoadState('networkidle', { timeout: 3000 }).catch(() => undefined);
    const target = part === undefined ? page : page.locator(part);
    await target.screenshot({ path: join(folder, `${name}.png`), animations: 'disabled' });
    console.log(`docs/ui/${name}.png`);
  } finally {
    await close();
  }
}

async function search(page: Page, text: string): Promise<void> {
  await page.keyboard.press('/');
  await page.getByRole('combobox').fill(text);
  await page.getByRole('option', { name: text }).nth(2).waitFor();
}
