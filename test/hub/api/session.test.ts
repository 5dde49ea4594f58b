import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestHub, type TestHub, testToken } from '../../support/test-hub.ts';

let now = new Date('2026-11-03T14:00:00.000Z');
let hub: TestHub;

beforeAll(async () => {
  hub = await openTestHub({ clock: { now: () => now } });
});

afterAll(() => hub.close());

function signIn(token: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${hub.address}/api/v1/session`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, ...headers },
  });
}

/** The cookie as a browser sends it back. */
async function cookieOf(answer: Promise<Response>): Promise<string> {
  return (await answer).headers.get('set-cookie')?.split(';')[0] ?? '';
}

function ask(path: string, cookie: string, init: RequestInit = {}): Promise<Response> {
  const headers = { cookie, ...(init.headers as object) };
  return fetch(`${hub.address}/api/v1/${path}`, { ...init, headers });
}

const json = { 'content-type': 'application/json' };

describe('a session', () => {
  test('begins with a token, as a cookie that scripts and other sites can not use', async () => {
    const answer = await signIn(testToken);
    expect(answer.status).toBe(201);
    expect(await answer.json()).toEqual({ expiresAt: '2026-11-04T02:00:00.000Z', name: 'admin' });
    const cookie = answer.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(/^fairlead_session=[^;]+; Path=\/api; Max-Age=43200; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(testToken);
  });

  test('over TLS its cookie never goes back without', async () => {
    for (const headers of [
      { 'x-forwarded-proto': 'https' },
      { 'x-forwarded-proto': 'https, http' },
      { origin: 'https://fairlead.example.com' },
    ])
      expect((await signIn(testToken, headers)).headers.get('set-cookie')).toMatch(/; Secure$/);
    for (const headers of [{ 'x-forwarded-proto': 'http,https' }, { origin: 'http://127.0.0.1:8080' }])
      expect((await signIn(testToken, headers)).headers.get('set-cookie')).not.toContain('Secure');
  });

  test('reads, and hears of changes', async () => {
    const cookie = await cookieOf(signIn(testToken));
    for (const path of ['overview', 'applications', 'drifts', 'clusters', 'status', 'session'])
      expect([path, (await ask(path, cookie)).status]).toEqual([path, 200]);
    const events = await ask('events', cookie);
    expect(events.headers.get('content-type')).toBe('text/event-stream');
    await events.body?.cancel();
  });

  test('may ask for a diff and nothing else that changes anything', async () => {
    const cookie = await cookieOf(signIn(testToken));
    const post = (path: string, body: unknown) =>
      ask(path, cookie, { method: 'POST', headers: json, body: JSON.stringify(body) });
    const operations = 'applications/argocd%2Fpayments-prod/operations';
    const compared = await post(operations, { type: 'diff' });
    expect(compared.status).toBe(202);
    expect(await compared.json()).toMatchObject({ requestedBy: expect.stringMatching(/ in the web UI$/) });
    for (const [path, body] of [
      [operations, { type: 'sync' }],
      ['clusters/prod/enrollment', {}],
      ['applications/argocd%2Fpayments-prod/rollback', {}],
    ] as const) {
      const refused = await post(path, body);
      expect([path, refused.status]).toEqual([path, 403]);
      expect(await refused.json()).toMatchObject({ code: 'denied', remedy: expect.stringContaining('CLI') });
    }
  });

  test('is worth nothing from another site, whatever the browser sends along', async () => {
    const cookie = await cookieOf(signIn(testToken));
    for (const [site, status] of [
      ['cross-site', 401],
      ['same-site', 401],
      ['same-origin', 200],
      ['none', 200],
    ] as const)
      expect((await ask('overview', cookie, { headers: { 'sec-fetch-site': site } })).status).toBe(status);
  });

  test('ends after twelve hours, and says so', async () => {
    const cookie = await cookieOf(signIn(testToken));
    const began = now;
    now = new Date(began.getTime() + 12 * 60 * 60 * 1000 - 1000);
    expect((await ask('overview', cookie)).status).toBe(200);
    now = new Date(began.getTime() + 12 * 60 * 60 * 1000);
    const late = await ask('overview', cookie);
    expect(late.status).toBe(401);
    expect(await late.json()).toMatchObject({ message: 'the session has ended', remedy: 'Sign in again' });
    now = began;
  });

  test('ends at once when somebody signs out, for every copy of its cookie', async () => {
    const cookie = await cookieOf(signIn(testToken));
    const answer = await ask('session', cookie, { method: 'DELETE' });
    expect(answer.status).toBe(204);
    expect(answer.headers.get('set-cookie')).toContain('Max-Age=0');
    expect((await ask('overview', cookie)).status).toBe(401);
  });

  test('survives a hub that starts again, unless its token was replaced', async () => {
    const cookie = await cookieOf(signIn(testToken));
    const again = await openTestHub({ clock: { now: () => now } });
    const other = await openTestHub({ clock: { now: () => now }, token: 'another-token-for-tests' });
    try {
      const headers = { cookie };
      expect((await fetch(`${again.address}/api/v1/overview`, { headers })).status).toBe(200);
      expect((await fetch(`${other.address}/api/v1/overview`, { headers })).status).toBe(401);
    } finally {
      await again.close();
      await other.close();
    }
  });

  test('can not be forged: each changed character makes it worthless', async () => {
    const cookie = await cookieOf(signIn(testToken));
    const value = cookie.slice(cookie.indexOf('=') + 1);
    const later = value.replace(/\.(\d+)\./, (_match, ms: string) => `.${Number(ms) + 1}.`);
    const changed = `${value.slice(0, -2)}${value.endsWith('A') ? 'B' : 'A'}${value.slice(-1)}`;
    for (const forged of [later, changed, value.slice(0, value.lastIndexOf('.')), '', 'x.y.z'])
      expect((await ask('overview', `fairlead_session=${forged}`)).status).toBe(401);
  });

  test('a wrong bearer token is not mended by a good cookie', async () => {
    const cookie = await cookieOf(signIn(testToken));
    expect((await ask('overview', cookie, { headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
  });
});

describe('guessing', () => {
  test('is refused after ten wrong tokens, with when to try again, but locks nobody out who has the right one', async () => {
    const own = await openTestHub({ clock: { now: () => now } });
    const guess = (token: string) =>
      fetch(`${own.address}/api/v1/session`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
      });
    try {
      for (let turn = 0; turn < 10; turn += 1) expect((await guess(`wrong-${turn}`)).status).toBe(401);
      const refused = await guess('wrong-10');
      expect(refused.status).toBe(429);
      expect(refused.headers.get('retry-after')).toBe('60');
      expect(await refused.json()).toMatchObject({ code: 'throttled', remedy: 'Try again in 60 s' });
      expect((await guess(testToken)).status).toBe(201);
      const began = now;
      now = new Date(began.getTime() + 61_000);
      expect((await guess('wrong-11')).status).toBe(401);
      now = began;
    } finally {
      await own.close();
    }
  });
});
