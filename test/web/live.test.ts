import { expect, test } from 'vitest';
import { describePages } from '../support/web-suite.ts';

describePages('an open page', (suite) => {
  test('that hears nothing says since when, and reads anew once it hears again', async () => {
    const { page, go } = await suite().open();
    const { hub } = suite();
    suite().expectComplaints('502');
    await page.route('**/api/v1/events', (route) => route.fulfill({ status: 502, body: 'bad gateway' }));
    await go('/clusters/dev-us-1');
    await page.getByText('Not live since').waitFor();
    await page.getByText('Not live.').waitFor();
    await hub.store.saveContact('dev-us-1', {
      agentVersion: '0.9.9',
      generation: 13,
      at: new Date().toISOString(),
    });
    const problems = ['its disk is full'];
    const capabilities = { kubernetesVersion: 'v1.34.2', apiVersions: [], clusterScopedKinds: [] };
    const status = { capabilities, problems, generation: 13 };
    await hub.store.saveReports('dev-us-1', [{ sequence: 980_000, report: { type: 'cluster', status } }]);
    await page.unroute('**/api/v1/events');
    await page.getByText('Not live since').waitFor({ state: 'detached' });
    await page.locator('h1', { hasText: 'its disk is full' }).waitFor();
    expect(hub.listeners()).toBe(1);
  });

  test('keeps what it shows while the hub fails, and says since when it is so old', async () => {
    const { page, go } = await suite().open();
    const { hub } = suite();
    suite().expectComplaints('503');
    await go('/clusters');
    await page.locator('tbody tr').first().waitFor();
    await expect.poll(() => hub.listeners()).toBe(1);
    const problem = { code: 'internal', message: 'the store is locked' };
    await page.route('**/api/v1/clusters?**', (route) =>
      route.fulfill({ status: 503, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
    );
    hub.emit({ type: 'cluster', cluster: 'dev-us-1' });
    await page.getByText(/This is as of .*the store is locked/).waitFor();
    await expect.poll(() => page.locator('tbody tr').count()).toBe(6);
  });
});
