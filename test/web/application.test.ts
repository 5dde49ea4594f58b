import { expect, test } from 'vitest';
import { encodeDiff } from '../../core/operation.ts';
import { describePages } from '../support/web-suite.ts';

const drifted = '/applications/argocd/checkout-prod-eu-1';

describePages('an application’s page', (suite) => {
  test('begins with the sentence', async () => {
    const { page, go } = await suite().open();
    await go(drifted);
    expect(await page.locator('h1').textContent()).toMatch(
      /^prod-eu-1\/checkout-prod-eu-1 runs 4f2c1aa \(2 h\), 2 drifts, the newest: Deployment web replicas 3 → 5 by kubectl \(scale\)/,
    );
    await expect.poll(() => page.title()).toBe('argocd/checkout-prod-eu-1 · Fairlead');
  });

  test('tells the owner and what the owner wrote for whoever is called', async () => {
    const { page, go } = await suite().open();
    await go(drifted);
    await page.getByText('Safe to scale by hand up to 8 replicas').waitFor();
    await page.locator('.facts').getByRole('link', { name: 'team-core' }).waitFor();
  });

  test('shows each drift with its writer and time, Git and live side by side', async () => {
    const { page, go } = await suite().open();
    await go(drifted);
    const drift = page.getByRole('region', { name: 'Drift' }).locator('details').first();
    await expect.poll(() => drift.textContent()).toContain('by kubectl (scale), seen');
    await expect.poll(() => drift.locator('td').allTextContents()).toEqual(['3', '5']);
  });

  test('tells the stations from the commit to what holds it back, and what to do', async () => {
    const { page, go } = await suite().open();
    await go(drifted);
    const stations = page.getByRole('region', { name: 'From commit to health' }).getByRole('listitem');
    await expect.poll(() => stations.count()).toBe(9);
    await expect.poll(() => stations.last().textContent()).toContain('undoes it; to keep what was changed');
  });

  test('a drift and a diff of a Secret tell that values differ, never a value or its digest', async () => {
    const { page, go } = await suite().open();
    const { hub } = suite();
    const { drifts = [] } = hub.fleet.statuses.get('argocd/checkout-prod-eu-1') ?? {};
    hub.answer('Succeeded', encodeDiff(drifts.map(({ ref, kind, fields }) => ({ ref, kind, fields }))));
    await go(drifted);
    await page.getByRole('button', { name: 'Compare now' }).click();
    await page.getByText('2 of 8 objects differ').waitFor();
    const secrets = page.locator('details', { hasText: 'Secret checkout/web-keys' });
    await expect.poll(() => secrets.count()).toBe(2);
    for (const text of await secrets.allTextContents()) expect(text).toContain('hidden, as this is a Secret');
    await expect.poll(() => page.content()).not.toMatch(/hmac-sha256|1f1f1f|e4e4e4/);
  });

  test('comparing asks the agent by an operation that writes nothing, and says what failed', async () => {
    const { page, go } = await suite().open();
    suite().hub.answer('Failed', 'the API server of prod-eu-1 does not answer');
    await go(drifted);
    const asked = page.waitForRequest((request) => request.method() === 'POST');
    await page.getByRole('button', { name: 'Compare now' }).click();
    expect((await asked).postDataJSON()).toEqual({ type: 'diff' });
    await page.getByText('the API server of prod-eu-1 does not answer').waitFor();
  });

  test('comparing waits for the agent, and takes its answer when it comes', async () => {
    const { page, go } = await suite().open();
    const { hub } = suite();
    hub.answer(undefined);
    await go(drifted);
    const created = page.waitForResponse((response) => response.request().method() === 'POST');
    await page.getByRole('button', { name: 'Compare now' }).click();
    const { id } = (await (await created).json()) as { id: string };
    await page.getByText('waiting for the agent of prod-eu-1').waitFor();
    const result = { id, phase: 'Succeeded', message: '[]', at: new Date().toISOString() } as const;
    await hub.store.saveReports('prod-eu-1', [
      { sequence: 3_000_000, report: { type: 'operation', result } },
    ]);
    hub.emit({ type: 'operation', id });
    await page.getByText('All is as Git says').waitFor();
  });

  test('a gate says why, where, and how to clear it', async () => {
    const { page, go } = await suite().open();
    await go('/applications/argocd/mail-prod-us-1');
    const gates = page.getByRole('region', { name: 'Held back' });
    const text = (await gates.textContent()) ?? '';
    expect(text).toContain("project platform doesn't allow namespace mail");
    expect(text).toContain('fleet/projects/platform.yaml:14');
    expect(text).toContain('To clear it: Ask the owner of project platform to allow it.');
  });

  test('objects stand as a table, the worst first, and as a tree', async () => {
    const { page, go } = await suite().open();
    await go(drifted);
    const objects = page.locator('section[aria-labelledby="objects"]');
    const rows = objects.locator('tbody tr');
    await expect.poll(() => rows.first().textContent()).toContain('OutOfSync');
    await expect.poll(() => rows.count()).toBe(8);
    await objects.getByText('Tree', { exact: true }).click();
    await objects.locator('.tree summary', { hasText: 'cluster-wide' }).waitFor();
    await expect.poll(() => objects.locator('.leaf').count()).toBe(8);
  });

  test('history says which commits changed what runs', async () => {
    const { page, go } = await suite().open();
    await go(drifted);
    const history = page.getByRole('region', { name: 'History' });
    await history.getByText('base: limits of memory').waitFor();
    await expect.poll(() => history.locator('li').count()).toBe(2);
    await expect.poll(() => history.locator('li').first().textContent()).toContain('running');
    await history.getByText('web: 1.1').waitFor();
  });

  test('an earlier entry shows the revert that a rollback would write, as a unified diff', async () => {
    const { page, go } = await suite().open();
    await go(drifted);
    const history = page.getByRole('region', { name: 'History' });
    await history.getByRole('button', { name: 'Show the revert' }).click();
    await history.getByText('fairlead rollback argocd/checkout-prod-eu-1 --to a07c4e19d2').waitFor();
    await expect.poll(() => history.locator('.revert').count()).toBe(1);
    const patch = history.locator('figure');
    await patch.waitFor();
    expect((await patch.locator('.removed').allTextContents()).join('')).toBe('-    newTag: 1.2.0\n');
    expect((await patch.locator('.added').allTextContents()).join('')).toBe('+    newTag: 1.1.0\n');
    await expect
      .poll(() => history.textContent())
      .toContain('checkout:1.2.0 → registry.example/checkout:1.1.0');
  });

  test('a revert that can not be worked out says why, and the rest of the page stays', async () => {
    const { page, go } = await suite().open();
    suite().expectComplaints('409');
    const problem = { code: 'conflict', message: 'the files were moved since', remedy: 'Revert by hand' };
    await page.route('**/rollback?**', (route) =>
      route.fulfill({ status: 409, contentType: 'application/problem+json', body: JSON.stringify(problem) }),
    );
    await go(drifted);
    await page.getByRole('button', { name: 'Show the revert' }).click();
    await page.getByRole('alert').getByText('the files were moved since.').waitFor();
    await page.getByRole('alert').getByText('Revert by hand.').waitFor();
    await page.locator('.facts').first().waitFor();
  });

  test('a name that is not there suggests others', async () => {
    const { page, go } = await suite().open();
    suite().expectComplaints('404');
    await page.goto('/applications/argocd/checkout-prod-eu-2');
    await page.getByRole('alert').getByText('there is no such application').waitFor();
    await page.getByRole('alert').getByText('Did you mean').waitFor();
    expect(go).toBeDefined();
  });

  test('each command is copied by its button', async () => {
    const { page, go } = await suite().open();
    await go(drifted);
    await page.getByRole('button', { name: 'Copy fairlead app sync argocd/checkout-prod-eu-1' }).click();
    const copied = 'fairlead app sync argocd/checkout-prod-eu-1';
    await expect.poll(() => page.evaluate('navigator.clipboard.readText()')).toBe(copied);
    const texts = await page.locator('.command code').allTextContents();
    for (const verb of ['app diff', 'app history', 'rollback', 'promote', 'drift show'])
      expect(texts.some((text) => text.startsWith(`fairlead ${verb} `))).toBe(true);
  });

  test('a session may compare and no more', async () => {
    const { page } = await suite().open();
    const ask = (type: string) =>
      page.context().request.post('/api/v1/applications/argocd%2Fcheckout-prod-eu-1/operations', {
        data: { type },
      });
    const refused = await ask('sync');
    expect(refused.status()).toBe(403);
    expect(await refused.json()).toMatchObject({ code: 'denied' });
    expect((await ask('diff')).status()).toBe(202);
    expect((await page.context().request.post('/api/v1/clusters/prod-eu-1/enrollment')).status()).toBe(403);
  });
});
