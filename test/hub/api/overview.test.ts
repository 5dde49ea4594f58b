import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSeededHub, type SeededHub } from '../../support/seeded-hub.ts';
import { testToken } from '../../support/test-hub.ts';

let hub: SeededHub;

beforeAll(async () => {
  hub = await openSeededHub({ applications: 1000, clusters: 20 });
}, 60_000);

afterAll(() => hub.close());

const authorization = `Bearer ${testToken}`;

// biome-ignore lint/suspicious/noExplicitAny: answers are checked by their values; types are the schema's matter.
async function read(path: string): Promise<any> {
  const answer = await fetch(`${hub.address}/api/v1/${path}`, { headers: { authorization } });
  return answer.json();
}

describe('the overview', () => {
  test('has the environments in the order of promotion, and counts that add up', async () => {
    const overview = await read('overview');
    const names = overview.environments.map((environment: { name: string }) => environment.name);
    expect(names).toEqual(['dev', 'staging', 'prod']);
    const clusters = overview.environments.flatMap(
      (environment: { clusters: unknown[] }) => environment.clusters,
    );
    expect(clusters).toHaveLength(20);
    const sum = (pick: (tally: Record<string, Record<string, number>>) => number) =>
      clusters.reduce((total: number, { tally }: { tally: never }) => total + pick(tally), 0);
    expect(sum((tally) => Number(tally['applications']))).toBe(1000);
    expect(sum((tally) => tally['tone']?.['broken'] ?? 0)).toBe(overview.total.tone.broken);
    const tones = Object.values(overview.total.tone as Record<string, number>);
    expect(tones.reduce((total, count) => total + count, 0)).toBe(1000);
  });

  test('its counts are those of the lists that they lead to', async () => {
    const { total } = await read('overview');
    for (const tone of ['broken', 'attention', 'unknown', 'moving', 'calm'])
      expect([tone, (await read(`applications?tone=${tone}&limit=1`)).total]).toEqual([
        tone,
        total.tone[tone],
      ]);
    expect((await read('applications?cause=gated&limit=1')).total).toBe(total.cause.gated);
  });

  test('tells the newest commit and how far it has come', async () => {
    const { lastChange } = await read('overview');
    expect(lastChange.commit.subject).toBe('search: 2.14.0');
    expect(lastChange.applied).toBeLessThan(lastChange.applications);
  });
});

describe('the list of applications', () => {
  test('worst first goes through all tones in order, names deciding among equals', async () => {
    const { items } = await read('applications?order=worst');
    const tones = items.map((item: { tone: string }) => item.tone);
    const order = ['broken', 'attention', 'unknown', 'moving', 'calm'];
    expect([...new Set(tones)]).toEqual(order);
    const names = items
      .filter((item: { tone: string }) => item.tone === 'broken')
      .map((item: { application: string }) => item.application);
    expect(names).toEqual([...names].sort());
  });

  test('pages join to the whole list without gap or overlap', async () => {
    const whole = await read('applications?order=worst&group=project');
    const pages = await Promise.all(
      [0, 300, 600, 900].map((offset) =>
        read(`applications?order=worst&group=project&limit=300&offset=${offset}`),
      ),
    );
    expect(pages.flatMap((page) => page.items)).toEqual(whole.items);
    expect(pages.map((page) => page.total)).toEqual([1000, 1000, 1000, 1000]);
  });

  test('an owner, a cause and open drifts filter; an empty value means those without', async () => {
    const drifted = await read('applications?drifts=open&owner=team-core&cause=drifted');
    expect(drifted.items.length).toBeGreaterThan(0);
    for (const item of drifted.items) {
      expect(item.owner).toBe('team-core');
      expect(item.openDrifts).toBeGreaterThan(0);
    }
    expect((await read('applications?owner=')).total).toBe(0);
  });
});

describe('answers', () => {
  const headers = { authorization, 'accept-encoding': 'gzip' };

  test('that a reader has already are not sent again', async () => {
    const path = `${hub.address}/api/v1/clusters/prod-eu-1`;
    const tag = (await fetch(path, { headers })).headers.get('etag') ?? '';
    const again = await fetch(path, { headers: { ...headers, 'if-none-match': tag } });
    expect(again.status).toBe(304);
    expect(await again.text()).toBe('');
    const other = await fetch(path, { headers: { ...headers, 'if-none-match': 'W/"other"' } });
    expect(other.status).toBe(200);
  });

  test('are compressed where it is worth it and wanted', async () => {
    const size = async (accept: string): Promise<number> => {
      const answer = await fetch(`${hub.address}/api/v1/applications?limit=200`, {
        headers: { authorization, 'accept-encoding': accept },
      });
      expect(answer.headers.get('content-encoding')).toBe(accept === 'gzip' ? 'gzip' : null);
      const { items } = (await answer.json()) as { items: unknown[] };
      expect(items).toHaveLength(200);
      return Number(answer.headers.get('content-length'));
    };
    const [plain, packed] = [await size('identity'), await size('gzip')];
    expect(packed).toBeLessThan(plain / 8);
  });

  test('stay with their reader: no shared cache keeps them', async () => {
    const answer = await fetch(`${hub.address}/api/v1/overview`, { headers });
    expect(answer.headers.get('cache-control')).toBe('private, no-cache');
  });
});
