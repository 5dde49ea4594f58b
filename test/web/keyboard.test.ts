import { expect, test } from 'vitest';
import { testToken } from '../support/test-hub.ts';
import { describePages } from '../support/web-suite.ts';

const focused = "document.activeElement?.textContent?.trim() ?? ''";

describePages('with the keyboard alone', (suite) => {
  test('one signs in, goes to the list, opens the worst and comes back', async () => {
    const { page, go } = await suite().open({ signedIn: 'no' });
    suite().expectComplaints('401');
    await go('/');
    // The page stands there for a moment before the hub says that nobody is signed in.
    await page.locator('input[name=token]:focus').waitFor();
    await page.keyboard.type(testToken);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Fleet', exact: true }).waitFor();
    await page.keyboard.press('g');
    await page.keyboard.press('a');
    await page.locator('.row').first().waitFor();
    await page.keyboard.press('ArrowDown');
    const first = String(await page.evaluate(focused));
    await page.keyboard.press('ArrowDown');
    await expect.poll(() => page.evaluate(focused)).not.toBe(first);
    await page.keyboard.press('ArrowUp');
    await expect.poll(() => page.evaluate(focused)).toBe(first);
    await page.keyboard.press('Enter');
    await page.locator('.headline').waitFor();
    expect(first).toContain((await page.locator('h1 b').textContent()) ?? '?');
    await page.goBack();
    await page.locator('.row').first().waitFor();
  });

  test('g leads to every page', async () => {
    const { page, go } = await suite().open();
    await go('/');
    const pages = { d: 'Drift', c: 'Clusters', a: 'Applications', f: 'Fleet' } as const;
    for (const [key, heading] of Object.entries(pages)) {
      await page.keyboard.press('g');
      await page.keyboard.press(key);
      await page.locator('h1', { hasText: heading }).waitFor();
    }
  });

  test('arrows go beyond what is in the window', async () => {
    const { page, go } = await suite().open();
    await go('/applications');
    await page.locator('.row').first().waitFor();
    for (let turn = 0; turn < 40; turn += 1) await page.keyboard.press('ArrowDown');
    const place = await page.evaluate("document.activeElement?.closest('li')?.getAttribute('aria-posinset')");
    expect(place).toBe('40');
  });

  test('/ searches everything; arrows and Enter open what is found', async () => {
    const { page, go } = await suite().open();
    await go('/clusters');
    await page.keyboard.press('/');
    await page.locator('input[role="combobox"]:focus').waitFor();
    await page.keyboard.type('checkout-prod');
    await page.getByRole('option', { name: /^argocd\/checkout-prod-eu-1 application/ }).waitFor();
    await page.keyboard.press('Enter');
    await page.locator('h1', { hasText: 'prod-eu-1/checkout-prod-eu-1' }).waitFor();
    await page.keyboard.press('/');
    await page.locator('input[role="combobox"]:focus').waitFor();
    await page.keyboard.type('dev-us');
    await page.getByRole('option', { name: 'dev-us-1 cluster' }).waitFor();
    await page.keyboard.press('Enter');
    await page.locator('h1', { hasText: 'dev-us-1 is connected' }).waitFor();
  });

  test('? shows the keys, Escape closes them, and the focus comes back', async () => {
    const { page, go } = await suite().open();
    await go('/');
    await page.keyboard.press('?');
    const keys = page.getByRole('dialog');
    await keys.getByText('Search everything').waitFor();
    await page.keyboard.press('Escape');
    await keys.waitFor({ state: 'detached' });
  });

  test('the first stop skips to the content, and every stop is seen', async () => {
    const { page, go } = await suite().open();
    await go('/');
    await page.keyboard.press('Tab');
    await expect.poll(() => page.evaluate(focused)).toBe('Skip to the content');
    for (let stop = 0; stop < 12; stop += 1) {
      const outline = await page.evaluate('getComputedStyle(document.activeElement).outlineStyle');
      expect(outline).not.toBe('none');
      await page.keyboard.press('Tab');
    }
  });

  test('keys do nothing while one types', async () => {
    const { page, go } = await suite().open();
    await go('/applications');
    await page.getByRole('searchbox', { name: 'text' }).focus();
    await page.keyboard.type('g f/?');
    await expect.poll(() => page.getByRole('searchbox', { name: 'text' }).inputValue()).toBe('g f/?');
    await expect.poll(() => page.getByRole('dialog').count()).toBe(0);
  });
});
