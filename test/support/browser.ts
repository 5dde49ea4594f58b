import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { findChromium } from '../../scripts/find-chromium.ts';
import { testToken } from './test-hub.ts';

/** Whether there is a Chromium to look at pages with. */
export function hasBrowser(): boolean {
  return findChromium() !== undefined;
}

/** A real Chromium with an empty profile that asks nothing of anybody. Throws where there is none. */
export function openBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  if (executablePath === undefined) throw new Error('no Chromium: install one, or set CHROMIUM');
  return chromium.launch({
    executablePath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-lcd-text',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Longer than anything takes on a busy machine. */
const waitMs = 15_000;

/** Runs in the page. */
const reportViolations = `document.addEventListener('securitypolicyviolation', (event) =>
  console.error('CSP: ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample));`;

export interface TestPage {
  readonly page: Page;
  /** Whatever the page or its content security policy complained of. */
  readonly complaints: readonly string[];
  /** Goes to an address of the hub and waits for its heading. */
  go(path: string): Promise<void>;
  close(): Promise<void>;
}

export interface PageOptions extends BrowserContextOptions {
  /** Without it nobody is signed in. */
  readonly signedIn?: 'yes' | 'no';
}

/** A hub whose pages are looked at. */
export interface ShownHub {
  readonly address: string;
  /** The one of the tests if absent. */
  readonly token?: string;
}

/** A profile of its own: cookies, cache and settings; signed in. */
export async function openProfile(
  browser: Browser,
  hub: ShownHub,
  options: PageOptions = {},
): Promise<BrowserContext> {
  const { signedIn = 'yes', ...own } = options;
  const profile = await browser.newContext({
    baseURL: hub.address,
    viewport: { width: 1280, height: 800 },
    timezoneId: 'Europe/Berlin',
    permissions: ['clipboard-read', 'clipboard-write'],
    ...own,
  });
  await profile.addInitScript({ content: reportViolations });
  if (signedIn === 'no') return profile;
  const headers = { authorization: `Bearer ${hub.token ?? testToken}` };
  const answer = await profile.request.post('/api/v1/session', { headers });
  if (answer.status() !== 201) throw new Error(`signing in failed: ${await answer.text()}`);
  return profile;
}

/** A window of a profile. */
export async function openWindow(profile: BrowserContext): Promise<TestPage> {
  const complaints: string[] = [];
  const page = await profile.newPage();
  page.setDefaultTimeout(waitMs);
  page.on('pageerror', (error) => complaints.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text());
  });
  return {
    page,
    complaints,
    async go(path) {
      await page.goto(path);
      await page.locator('h1').first().waitFor();
    },
    close: () => page.close(),
  };
}

/** A window with a profile of its own. */
export async function openPage(
  browser: Browser,
  hub: ShownHub,
  options: PageOptions = {},
): Promise<TestPage> {
  const profile = await openProfile(browser, hub, options);
  return { ...(await openWindow(profile)), close: () => profile.close() };
}

/** Unfolds all that is folded. */
export async function unfold(page: Page): Promise<void> {
  const folded = page.locator('details:not([open]) > summary');
  while ((await folded.count()) > 0) await folded.first().click();
}
