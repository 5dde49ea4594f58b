import type { Browser, BrowserContext } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { findChromium } from '../../scripts/find-chromium.ts';
import {
  openBrowser,
  openPage,
  openProfile,
  openWindow,
  type PageOptions,
  type TestPage,
} from './browser.ts';
import { openSeededHub, type SeededHub } from './seeded-hub.ts';
import type { TestHubOptions } from './test-hub.ts';

export interface WebSuite {
  readonly hub: SeededHub;
  /**
   * A window that is closed after the test, which then fails if the page complained of anything. Without options its
   * profile is that of the tests before, so that it needn't load all anew.
   */
  open(options?: PageOptions): Promise<TestPage>;
  /** From now on this test expects complaints that hold one of these texts. */
  expectComplaints(...texts: readonly string[]): void;
}

export const suiteSize = { applications: 120, clusters: 6 };

/** Tests of pages against a hub of their own, in one browser; skipped where there is none. */
export function describePages(
  name: string,
  tests: (suite: () => WebSuite) => void,
  options: TestHubOptions & { readonly size?: typeof suiteSize } = {},
): void {
  describe.skipIf(findChromium() === undefined)(name, () => {
    let suite: WebSuite | undefined;
    let browser: Browser | undefined;
    let hub: SeededHub | undefined;
    let profile: BrowserContext | undefined;
    let pages: TestPage[] = [];
    let expected: string[] = [];
    beforeAll(async () => {
      const { size = suiteSize, ...own } = options;
      const opened = await openSeededHub(size, own);
      hub = opened;
      const started = await openBrowser();
      browser = started;
      suite = {
        hub: opened,
        async open(pageOptions) {
          profile ??= pageOptions === undefined ? await openProfile(started, opened) : undefined;
          const shared = pageOptions === undefined ? profile : undefined;
          const page =
            shared === undefined ? await openPage(started, opened, pageOptions) : await openWindow(shared);
          pages.push(page);
          return page;
        },
        expectComplaints: (...texts) => void expected.push(...texts),
      };
    });
    afterEach(async () => {
      const complaints = pages.flatMap((page) => page.complaints);
      for (const page of pages) await page.close();
      const unexpected = complaints.filter((line) => !expected.some((text) => line.includes(text)));
      pages = [];
      expected = [];
      expect(unexpected).toEqual([]);
    });
    afterAll(async () => {
      await browser?.close();
      await hub?.close();
    });
    tests(() => {
      if (suite === undefined) throw new Error('the suite is open only while its tests run');
      return suite;
    });
  });
}
