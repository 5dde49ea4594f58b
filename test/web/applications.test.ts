import { expect, test } from 'vitest';
import { describePages } from '../support/web-suite.ts';

const size = { applications: 1000, clusters: 20 };

describePages(
  'the list of applications',
  (suite) => {
    test('has the worst first, each with its sentence', async () => {
      const { page, go } = await suite().open();
      await go('/applications');
      const first = page.locator('.row').first();
      await first.waitFor();
      await expect.poll(() => first.textContent()).toMatch(/failed to apply 4f2c1aa|degraded/);
      await page.getByText('1000 applications').waitFor();
    });

    test('holds few rows however long it is, and reads on while one scrolls', async () => {
      const { page, go } = await suite().open();
      await go('/applications');
      await page.locator('.row').first().waitFor();
      await expect.poll(() => page.locator('.row').count()).toBeLessThan(60);
      const offsets = new Set<string>();
      page.on('request', (request) => {
        const offset = new URL(request.url()).searchParams.get('offset');
        if (offset !== null) offsets.add(offset);
      });
      // The page is as long as what was read: it grows while one scrolls.
      const scrollToLast = async (): Promise<number> => {
        await page.evaluate('window.scrollTo(0, document.body.scrollHeight)');
        return page.locator('li[aria-posinset="1000"]').count();
      };
      await expect.poll(scrollToLast, { timeout: 15_000 }).toBe(1);
      expect([...offsets].sort()).toEqual(['200', '400', '600', '800']);
      await expect.poll(() => page.locator('.row').count()).toBeLessThan(60);
    });

    test('filters stand in the address, and an address shows its filters', async () => {
      const { page, go } = await suite().open();
      await go('/applications?cluster=prod-eu-1');
      await page.getByText('50 applications').waitFor();
      await expect.poll(() => page.getByLabel('cluster').inputValue()).toBe('prod-eu-1');
      await page.getByLabel('cause').selectOption('drifted');
      await expect.poll(() => new URL(page.url()).search).toBe('?cluster=prod-eu-1&cause=drifted');
      await page.locator('.row', { hasText: 'checkout-prod-eu-1' }).first().waitFor();
      await page.getByRole('button', { name: 'Clear all' }).click();
      await page.getByText('1000 applications').waitFor();
      await expect.poll(() => new URL(page.url()).search).toBe('');
    });

    test('text finds names, owners and words of the sentence', async () => {
      const { page, go } = await suite().open();
      await go('/applications');
      await page.getByRole('searchbox', { name: 'text' }).fill('held by the brake');
      await page.getByText('1 application', { exact: true }).waitFor();
      await expect.poll(() => page.locator('.row').count()).toBe(1);
      await expect.poll(() => new URL(page.url()).searchParams.get('text')).toBe('held by the brake');
    });

    test('groups stand under headings in order', async () => {
      const { page, go } = await suite().open();
      await go('/applications?group=environment&tone=broken');
      await page.getByRole('heading', { name: 'dev', exact: true }).waitFor();
      const headings = await page.locator('.virtual h2').allTextContents();
      expect(headings).toEqual([...headings].sort());
      expect(headings).toContain('prod');
    });

    test('a filter that nothing matches says how to go on', async () => {
      const { page, go } = await suite().open();
      await go('/applications?text=no-such-thing');
      await page.getByText('No application matches all of these filters').waitFor();
      await page.getByText('fairlead app list').waitFor();
    });

    test('a filter that the hub does not know is refused with what there is', async () => {
      const { page, go } = await suite().open();
      suite().expectComplaints('400');
      await go('/applications?health=Purple');
      await page.getByRole('alert').waitFor();
      await expect.poll(() => page.getByRole('alert').textContent()).toContain('health');
    });

    test('what changes is told in its row at once; what would move waits until it is asked for', async () => {
      const { page, go } = await suite().open();
      const { hub } = suite();
      await go('/applications?cluster=staging-eu-2');
      await page.getByText('50 applications').waitFor();
      await expect.poll(() => hub.listeners()).toBe(1);
      const row = page.locator('li[aria-posinset="9"] .row');
      const before = (await row.locator('b').textContent()) ?? '';
      await page.evaluate('window.scrollTo(0, 120)');
      const placeOf = async (): Promise<number | undefined> => (await row.boundingBox())?.y;
      const place = await placeOf();
      const name = before.slice(before.indexOf('/') + 1);
      const status = hub.fleet.statuses.get(`argocd/${name}`);
      if (status === undefined) throw new Error(`${name} has no status`);
      const worse = { ...status, health: { status: 'Degraded', message: 'Pod web is gone' } as const };
      await hub.store.saveReports('staging-eu-2', [
        { sequence: 950_000, report: { type: 'application', status: worse } },
      ]);
      hub.emit({ type: 'application', application: status.application });
      await row.getByText('degraded: Pod web is gone').waitFor();
      expect(await placeOf()).toBe(place);
      await expect.poll(() => row.locator('b').textContent()).toBe(before);
      await page.getByRole('button', { name: 'the order has changed: show' }).click();
      await expect.poll(() => row.locator('b').textContent()).not.toBe(before);
    });
  },
  { size },
);
