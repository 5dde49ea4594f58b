import { expect, test } from 'vitest';
import { describePages } from '../support/web-suite.ts';

describePages('the fleet page', (suite) => {
  test('has a column for each environment in the order of promotion, and each cluster in its own', async () => {
    const { page, go } = await suite().open();
    await go('/');
    const columns = page.locator('.environments > section');
    await columns.first().waitFor();
    await expect.poll(() => columns.locator('h2 a').allTextContents()).toEqual(['dev', 'staging', 'prod']);
    expect(
      await columns
        .nth(2)
        .getByRole('link', { name: /^prod-/ })
        .allTextContents(),
    ).toEqual(['prod-eu-1', 'prod-us-1']);
  });

  test('its counts lead to the lists that they count', async () => {
    const { page, go } = await suite().open();
    await go('/');
    const link = page.locator('.cluster-row', { hasText: 'prod-eu-1' }).getByRole('link', { name: 'drifts' });
    const [count = ''] = /\d+/.exec((await link.textContent()) ?? '') ?? [];
    expect(Number(count)).toBeGreaterThan(0);
    await link.click();
    await page.getByRole('heading', { name: 'Applications' }).waitFor();
    await expect.poll(() => new URL(page.url()).search).toBe('?cluster=prod-eu-1&drifts=open');
    await page.locator('.row', { hasText: 'prod-eu-1/checkout-prod-eu-1' }).first().waitFor();
  });

  test('the last change and how far it has come stand on top', async () => {
    const { page, go } = await suite().open();
    await go('/');
    const change = page.getByRole('region', { name: 'Last change' });
    await change.getByText('search: 2.14.0').waitFor();
    await expect.poll(() => change.textContent()).toMatch(/applied by \d+ of \d+ applications/);
  });

  test('a silent agent is unknown, never calm', async () => {
    const { page, go } = await suite().open();
    await go('/');
    const row = page.locator('.cluster-row', { hasText: 'agent silent since' });
    await row.waitFor();
    await expect.poll(() => row.getByRole('link').first().textContent()).toBe('prod-us-1');
    await expect.poll(() => row.locator('.tone-calm').count()).toBe(0);
  });

  test('times are of the viewer’s zone, and how long ago stands in the tooltip', async () => {
    const { page, go } = await suite().open({ timezoneId: 'Asia/Kolkata' });
    await go('/');
    const time = page.getByRole('region', { name: 'Last change' }).locator('time').first();
    await time.waitFor();
    const at = new Date((await time.getAttribute('datetime')) ?? '');
    const local = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Kolkata', timeStyle: 'medium' }).format(
      at,
    );
    await expect.poll(() => time.textContent()).toContain(local);
    await expect.poll(() => time.getAttribute('title')).toMatch(/^\d+ (?:s|min) ago$/);
    await page.getByText(/Times are in Asia\/(?:Kolkata|Calcutta)/).waitFor();
  });

  test('a change on a cluster shows without a reload', async () => {
    const { page, go } = await suite().open();
    const { hub } = suite();
    await go('/');
    const row = page.locator('.cluster-row', { hasText: 'dev-us-1' });
    await row.getByText('Degraded').waitFor({ state: 'detached' });
    await expect.poll(() => hub.listeners()).toBe(1);
    await page.evaluate('window.stays = true');
    const status = [...hub.fleet.statuses.values()].find(({ application }) =>
      application.includes('dev-us-1'),
    );
    if (status === undefined) throw new Error('nothing runs on dev-us-1');
    const worse = { ...status, health: { status: 'Degraded', message: 'Pod web is gone' } as const };
    await hub.store.saveReports('dev-us-1', [
      { sequence: 950_000, report: { type: 'application', status: worse } },
    ]);
    hub.emit({ type: 'application', application: status.application });
    await row.getByText('1 Degraded').waitFor();
    await expect.poll(() => page.evaluate('window.stays')).toBe(true);
  });
});
