import { expect, test } from 'vitest';
import type { Drift } from '../../core/drift.ts';
import type { ApplicationStatus } from '../../core/status.ts';
import { unfold } from '../support/browser.ts';
import { describePages } from '../support/web-suite.ts';

const markup = '<img src=x onerror="window.owned=1"><script>window.owned=1</script>';
const direction = 'web\u202egnp.exe\u2066';
const control = 'pod\u0007\u001b[31m\u0000name';
const quoting = "web'; rm -rf ~ #";

const ref = { group: 'apps', kind: markup, namespace: direction, name: control };
const writer = { manager: `${markup}${direction}`, operation: 'Update', subresource: control } as const;
const application = 'argocd/checkout-prod-eu-1';
const drift: Drift = {
  id: quoting,
  application,
  ref,
  kind: 'changed',
  fields: [{ path: `spec.${markup}`, desired: direction, live: { [markup]: control }, writer }],
  observedAt: new Date().toISOString(),
  writer,
  verdict: 'exact',
};

const unsafe = /(?![\n\t])[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

describePages('names that a cluster made up', (suite) => {
  async function report(): Promise<void> {
    const { hub } = suite();
    const known = hub.fleet.statuses.get(application);
    if (known === undefined) throw new Error('the seeded fleet has this application');
    const status: ApplicationStatus = {
      ...known,
      health: { status: 'Degraded', message: `${markup} ${direction} ${control}` },
      objects: [{ ref, sync: 'OutOfSync', health: { status: 'Degraded', message: markup } }],
      drifts: [drift],
      failures: [{ ref, code: 'invalid', message: `${markup}${control}` }],
      gates: [{ kind: 'brake', reason: `${markup}${direction}`, owner: markup, remedy: markup }],
    };
    const event = { drift, change: 'opened' as const, at: drift.observedAt };
    const problems = [`${markup} ${direction} ${control}`];
    const capabilities = { kubernetesVersion: markup, apiVersions: [], clusterScopedKinds: [] };
    await hub.store.saveReports('prod-eu-1', [
      { sequence: 970_000, report: { type: 'drift', event } },
      { sequence: 970_001, report: { type: 'application', status } },
      { sequence: 970_002, report: { type: 'cluster', status: { capabilities, problems, generation: 13 } } },
    ]);
  }

  test('stand as text on every page: no markup, no script, no control or direction character', async () => {
    await report();
    const { page, go } = await suite().open();
    const pages = {
      '/': '.cluster-row',
      '/applications?cluster=prod-eu-1': '.row',
      [`/applications/${application}`]: '.history li',
      '/drift': '.drift',
      '/clusters': 'tbody tr',
      '/clusters/prod-eu-1': '.row',
    };
    for (const [path, sign] of Object.entries(pages)) {
      await go(path);
      await page.locator(sign).first().waitFor();
      await unfold(page);
      const text = String(await page.evaluate('document.body.textContent'));
      expect([path, unsafe.exec(text)]).toEqual([path, null]);
      expect([path, await page.locator('main img, main script').count()]).toEqual([path, 0]);
      expect([path, await page.evaluate('window.owned')]).toEqual([path, undefined]);
    }
    await go(`/applications/${application}`);
    await page.getByText(markup).first().waitFor();
  });

  test('are one word of the command that is copied', async () => {
    await report();
    const { page, go } = await suite().open();
    await go(`/applications/${application}`);
    await page.locator('.object-change .command').first().waitFor();
    const command = await page.locator('.object-change .command code').first().textContent();
    expect(command).toBe(`fairlead drift show 'web'\\''; rm -rf ~ #'`);
  });
});
