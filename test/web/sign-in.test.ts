import { expect, test } from 'vitest';
import { testToken } from '../support/test-hub.ts';
import { describePages } from '../support/web-suite.ts';

let now = new Date('2026-11-25T13:40:00.000Z');

describePages(
  'signing in',
  (suite) => {
    test('a pasted address asks for the token, and leads to its page after', async () => {
      const { page, go } = await suite().open({ signedIn: 'no' });
      suite().expectComplaints('401');
      await go('/applications?cause=drifted');
      await page.getByLabel('Token', { exact: true }).fill(testToken);
      await expect.poll(() => page.title()).toBe('Sign in · Fairlead');
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Applications' }).waitFor();
      await expect.poll(() => new URL(page.url()).search).toBe('?cause=drifted');
      await page.getByText('Deployment web replicas 3 → 5').first().waitFor();
    });

    test('the token is kept nowhere that a script could read', async () => {
      const { page, go } = await suite().open({});
      await go('/');
      const kept = await page.evaluate(
        'JSON.stringify([document.cookie, { ...localStorage }, { ...sessionStorage }])',
      );
      expect(kept).not.toContain(testToken);
      expect(kept).not.toContain('fairlead_session');
      const [cookie] = await page.context().cookies(`${suite().hub.address}/api`);
      expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Strict', path: '/api' });
      expect(cookie?.value).not.toContain(testToken);
    });

    test('a wrong token says what to do, and shows nothing of the fleet', async () => {
      const { page, go } = await suite().open({ signedIn: 'no' });
      suite().expectComplaints('401');
      await go('/');
      await page.getByLabel('Token', { exact: true }).fill('not-the-token');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await page.getByRole('alert').getByText('the hub does not know this token').waitFor();
      await page.getByText('Use the token that the hub was started with').waitFor();
      await expect.poll(() => page.getByText('prod-eu-1').count()).toBe(0);
    });

    test('a session that expires asks again, and goes on where one was', async () => {
      const { page, go } = await suite().open({});
      suite().expectComplaints('401');
      await go('/drift');
      await page.getByRole('heading', { name: 'Drift', exact: true }).waitFor();
      now = new Date(now.getTime() + 13 * 60 * 60 * 1000);
      suite().hub.emit({ type: 'drift', id: 'x', application: 'x' });
      await page.getByLabel('Token', { exact: true }).fill(testToken);
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'Drift', exact: true }).waitFor();
      await expect.poll(() => new URL(page.url()).pathname).toBe('/drift');
    });

    test('signing out ends the session at the hub, too', async () => {
      const { page, go } = await suite().open({});
      suite().expectComplaints('401');
      await go('/');
      const [cookie] = await page.context().cookies(`${suite().hub.address}/api`);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.getByLabel('Token', { exact: true }).waitFor();
      const answer = await fetch(`${suite().hub.address}/api/v1/overview`, {
        headers: { cookie: `fairlead_session=${cookie?.value}` },
      });
      expect(answer.status).toBe(401);
    });
  },
  { clock: { now: () => now } },
);
