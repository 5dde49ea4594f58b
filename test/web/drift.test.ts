import { expect, test } from 'vitest';
import type { Drift } from '../../core/drift.ts';
import { describePages } from '../support/web-suite.ts';

describePages('the drift inbox', (suite) => {
  test('groups by writer and object, the newest first', async () => {
    const { page, go } = await suite().open();
    await go('/drift');
    await page.getByRole('region', { name: 'By kubectl (scale)' }).waitFor();
    const headings = await page.locator('section h2').allTextContents();
    expect(headings[0]).toContain('by kubectl (scale)');
    expect(headings[1]).toContain('by kubectl-edit');
    const [first = ''] = await page.locator('.drift summary').allTextContents();
    expect(first).toContain('Deployment web replicas 3 → 5 by kubectl (scale)');
  });

  test('a drift opens to its fields and its application', async () => {
    const { page, go } = await suite().open();
    await go('/drift');
    const drift = page.locator('.drift', { hasText: 'prod-eu-1: Deployment' });
    await drift.locator('summary').click();
    await expect.poll(() => drift.locator('td').allTextContents()).toEqual(['3', '5']);
    await drift.getByRole('link').click();
    await page.locator('h1', { hasText: 'prod-eu-1/checkout-prod-eu-1 runs' }).waitFor();
  });

  test('a drift that is unfolded tells its course, with what each event changed', async () => {
    const { page, go } = await suite().open();
    const { hub } = suite();
    const [known] = hub.fleet.statuses.get('argocd/checkout-prod-eu-1')?.drifts ?? [];
    const [field] = known?.fields ?? [];
    if (known === undefined || field === undefined) throw new Error('the seeded fleet has a drift there');
    const drift: Drift = { ...known, fields: [{ ...field, live: 7 }] };
    await hub.store.saveReports('prod-eu-1', [
      {
        sequence: 950_000,
        report: { type: 'drift', event: { drift, change: 'changed', at: drift.observedAt } },
      },
    ]);
    await go('/drift');
    const row = page.locator('.drift', { hasText: 'prod-eu-1: Deployment' });
    await row.locator('summary').click();
    const course = row.getByRole('list', { name: 'Course' }).getByRole('listitem');
    await expect
      .poll(async () => (await course.allTextContents()).map((line) => line.replace(/^[\d: -]+/, '')))
      .toEqual(
        expect.arrayContaining([
          'opened: spec.replicas 3 → 5 by kubectl (scale)',
          'changed: spec.replicas 5 → 7 by kubectl (scale)',
        ]),
      );
  });

  test('open or all stands in the address', async () => {
    const { page, go } = await suite().open();
    await go('/drift');
    await page.getByText('All', { exact: true }).click();
    await expect.poll(() => new URL(page.url()).search).toBe('?state=all');
    await page.reload();
    await page.locator('input[value="all"]:checked').waitFor({ state: 'attached' });
  });

  test('a new drift announces itself and moves nothing until it is shown', async () => {
    const { page, go } = await suite().open();
    const { hub } = suite();
    await go('/drift');
    const first = page.locator('.drift').first();
    await first.waitFor();
    await expect.poll(() => hub.listeners()).toBe(1);
    const before = await first.boundingBox();
    const text = await first.locator('summary .sentence').textContent();
    const [known] = hub.fleet.statuses.get('argocd/checkout-prod-eu-1')?.drifts ?? [];
    if (known === undefined) throw new Error('the seeded fleet has a drift there');
    const drift: Drift = { ...known, id: 'new-drift-1', observedAt: new Date().toISOString() };
    await hub.store.saveReports('prod-eu-1', [
      {
        sequence: 960_000,
        report: { type: 'drift', event: { drift, change: 'opened', at: drift.observedAt } },
      },
    ]);
    hub.emit({ type: 'drift', id: drift.id, application: drift.application });
    const show = page.getByRole('button', { name: '1 new drift: show' });
    await show.waitFor();
    await expect.poll(() => first.locator('summary .sentence').textContent()).toBe(text);
    await expect.poll(() => first.boundingBox()).toEqual(before);
    const count = await page.locator('.drift').count();
    await show.click();
    await expect.poll(() => page.locator('.drift').count()).toBe(count + 1);
  });
});
