import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { unfold } from '../support/browser.ts';
import { describePages } from '../support/web-suite.ts';

interface Violation {
  readonly id: string;
  readonly impact: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/** What axe calls serious or critical, in words. */
async function seriousOf(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  const found = (await page.evaluate("axe.run({ resultTypes: ['violations'] })")) as {
    readonly violations: readonly Violation[];
  };
  return found.violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) =>
      nodes.slice(0, 3).map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
    );
}

const pages = {
  '/': '.cluster-row',
  '/applications': '.row',
  '/applications?group=project': '.row',
  '/applications?text=nothing-has-this': '.empty',
  '/applications/argocd/checkout-prod-eu-1': '.history li',
  '/applications/argocd/mail-prod-us-1': '.notice',
  '/drift': '.drift',
  '/clusters': 'tbody tr',
  '/clusters/dev-us-1': '.row',
  '/nowhere': 'h1',
} as const;

describePages('axe finds nothing serious', (suite) => {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`on any page in ${colorScheme}`, async () => {
      const { page, go } = await suite().open({ colorScheme });
      const found: string[] = [];
      for (const [path, sign] of Object.entries(pages)) {
        await go(path);
        await page.locator(sign).first().waitFor();
        await unfold(page);
        found.push(...(await seriousOf(page)).map((line) => `${path}: ${line}`));
      }
      expect(found).toEqual([]);
    });

    test(`on the sign-in form in ${colorScheme}`, async () => {
      const { page, go } = await suite().open({ colorScheme, signedIn: 'no' });
      suite().expectComplaints('401');
      await go('/');
      await page.getByLabel('Token', { exact: true }).fill('wrong');
      await page.keyboard.press('Enter');
      await page.getByRole('alert').waitFor();
      expect(await seriousOf(page)).toEqual([]);
    });

    test(`on the search and the keys in ${colorScheme}`, async () => {
      const { page, go } = await suite().open({ colorScheme });
      await go('/');
      await page.locator('.cluster-row').first().waitFor();
      await page.keyboard.press('/');
      await page.locator('input[role="combobox"]:focus').waitFor();
      await page.keyboard.type('prod');
      await page.getByRole('option').first().waitFor();
      expect(await seriousOf(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
      expect(await seriousOf(page)).toEqual([]);
    });
  }
});
