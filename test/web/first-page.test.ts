import { expect, test } from 'vitest';
import { describePages } from '../support/web-suite.ts';

/** What the first page may load, compressed, everything counted. */
const budgetBytes = 250_000;

describePages(
  'the first page of 1,000 applications on 20 clusters',
  (suite) => {
    test('loads no more than 250 kB, all of it from the hub', async () => {
      const { page } = await suite().open({});
      const { hub } = suite();
      let bytes = 0;
      const elsewhere: string[] = [];
      const sizes: Promise<void>[] = [];
      page.on('request', (request) => {
        if (!request.url().startsWith(hub.address)) elsewhere.push(request.url());
      });
      page.on('requestfinished', (request) => {
        sizes.push(
          request.sizes().then(({ responseBodySize, responseHeadersSize }) => {
            bytes += responseBodySize + responseHeadersSize;
          }),
        );
      });
      await page.goto('/');
      await page.locator('.cluster-row').nth(19).waitFor();
      await Promise.all(sizes);
      expect(elsewhere).toEqual([]);
      expect(bytes).toBeGreaterThan(50_000);
      expect(bytes).toBeLessThan(budgetBytes);
    });

    test('is kept by the browser: only its page and its data are asked for again', async () => {
      const { page, go } = await suite().open({});
      await go('/');
      const asked: string[] = [];
      page.on('response', (response) => {
        if (!response.fromServiceWorker())
          asked.push(`${response.status()} ${new URL(response.url()).pathname}`);
      });
      const assets = await page.evaluate(
        "performance.getEntriesByType('resource').filter(({ name }) => name.includes('/assets/')).length",
      );
      expect(assets).toBeGreaterThan(1);
      await page.reload();
      await page.locator('.cluster-row').first().waitFor();
      const sent = await page.evaluate(
        "performance.getEntriesByType('resource').filter(({ name, transferSize }) => name.includes('/assets/') && transferSize > 0).length",
      );
      expect(sent).toBe(0);
    });

    test('its headers let nothing in and nobody around', async () => {
      const { hub } = suite();
      const answer = await fetch(`${hub.address}/drift`, { headers: { accept: 'text/html' } });
      expect(answer.status).toBe(200);
      const policy = answer.headers.get('content-security-policy') ?? '';
      expect(policy).not.toMatch(/unsafe|data:|https?:|\*/);
      for (const rule of ["default-src 'none'", "frame-ancestors 'none'", "trusted-types 'none'"])
        expect(policy).toContain(rule);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
      expect(answer.headers.get('cache-control')).toBe('no-cache');
      const [asset = ''] = /\/assets\/[^"]+\.js/.exec(await answer.text()) ?? [];
      const script = await fetch(`${hub.address}${asset}`, { headers: { 'accept-encoding': 'br' } });
      expect(script.headers.get('content-encoding')).toBe('br');
      expect(script.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      const missing = await fetch(`${hub.address}/assets/none.js`, { headers: { accept: 'text/html' } });
      expect(missing.status).toBe(404);
    });
  },
  { size: { applications: 1000, clusters: 20 } },
);
