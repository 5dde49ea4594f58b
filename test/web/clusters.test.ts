import { expect, test } from 'vitest';
import { describePages } from '../support/web-suite.ts';

describePages('the pages of clusters', (suite) => {
  test('the list says of each whether it can be trusted', async () => {
    const { page, go } = await suite().open();
    await go('/clusters');
    const row = page.locator('tbody tr', { hasText: 'prod-eu-1' });
    await row.waitFor();
    const text = (await row.textContent()) ?? '';
    expect(text).toContain('connected');
    expect(text).toContain('v1.34.2');
    await expect
      .poll(() => page.locator('tbody tr', { hasText: 'prod-us-1' }).textContent())
      .toContain('agent silent');
  });

  test('a cluster’s page has its contact, versions, generation, certificate and problems', async () => {
    const { page, go } = await suite().open();
    await go('/clusters/dev-us-1');
    expect(await page.locator('h1').textContent()).toContain(
      'is connected (agent 0.1.0, Kubernetes v1.34.2), but it may not list secrets',
    );
    const facts = page.getByRole('complementary', { name: 'About this cluster' });
    const names = await facts.locator('.facts dt').allTextContents();
    for (const name of ['Last contact', 'Agent', 'Kubernetes', 'Generation', 'Certificate until'])
      expect(names).toContain(name);
    await expect.poll(() => facts.textContent()).toContain('fairlead cluster enroll dev-us-1');
    await page.locator('.row', { hasText: 'dev-us-1/' }).first().waitFor();
  });

  test('a silent one says since when, and that its applications are unknown', async () => {
    const { page, go } = await suite().open();
    await go('/clusters/prod-us-1');
    await expect
      .poll(() => page.locator('h1').textContent())
      .toMatch(/is unknown: agent silent since .*\(47 min\)/);
    await page.getByText('is unknown: agent silent since').nth(1).waitFor();
  });

  test('a cluster that is not there, and an address that names nothing, say what to do', async () => {
    const { page, go } = await suite().open();
    suite().expectComplaints('404');
    await page.goto('/clusters/prod-eu-9');
    await page.getByText('there is no such cluster').waitFor();
    await go('/no/such/page');
    await expect.poll(() => page.locator('h1').textContent()).toBe('There is no page at this address');
  });
});
