import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type BreakableFleet, openBreakableFleet } from '../../support/breakable-fleet.ts';
import { configMapText } from '../../support/fleet-texts.ts';
import type { GitFailure } from '../../support/git-server.ts';
import type { LoopRig } from '../../support/loop-rig.ts';

type Fail = (url: string) => GitFailure | undefined | Promise<GitFailure | undefined>;

const calm: Fail = () => undefined;

/** The packs of `shop.git`, which come after its refs. */
function isPack(url: string): boolean {
  return url === '/shop.git/git-upload-pack';
}

/** A Git server that fails freezes what comes from it; all else goes on, and so does it once the server is well. */
describe.each(['git', 'isomorphic-git'] as const)('read by %s', (implementation) => {
  let fleet: BreakableFleet;
  let rig: LoopRig;
  let fail: Fail = calm;
  let edits = 0;

  beforeAll(async () => {
    fleet = await openBreakableFleet({ implementation, fail: ({ url = '' }) => fail(url) });
    rig = fleet.rig;
  }, 300_000);

  afterAll(() => fleet.close());

  /** Changes what `shop` is made of; gives the text that it then runs. */
  async function editShop(): Promise<string> {
    edits += 1;
    await rig.repo('shop.git').commit({ 'base/config.yaml': configMapText('shop', `edit-${edits}`) });
    return `edit-${edits}`;
  }

  async function runs(name: string, cluster: string, text: string): Promise<boolean> {
    const desired = await rig.desired(cluster, name);
    expect(desired?.removal, `${name} is removed`).toBeUndefined();
    return JSON.stringify(desired?.manifests).includes(text);
  }

  async function recovers(text: string): Promise<void> {
    fail = calm;
    await rig.pass();
    expect((await rig.record('shop'))?.gates).toEqual([]);
    expect(await runs('shop', 'two', text)).toBe(true);
    expect(rig.loop.problems()).toEqual([]);
  }

  test.each<[string, Fail, RegExp, RegExp]>([
    [
      'fails',
      (url) => (url.startsWith('/shop.git') ? 503 : undefined),
      /the Git server failed/,
      /tries again at every poll/,
    ],
    [
      'fails for packs',
      (url) => (isPack(url) ? 500 : undefined),
      /the Git server failed/,
      /tries again at every poll/,
    ],
    [
      'asks for credentials',
      (url) => (url.startsWith('/shop.git') ? 401 : undefined),
      /asks for credentials/,
      /--credentials/,
    ],
    ['denies', (url) => (url.startsWith('/shop.git') ? 403 : undefined), /denies access/, /Allow the hub/],
    [
      'does not know it',
      (url) => (url.startsWith('/shop.git') ? 404 : undefined),
      /no such repository/,
      /Check the URL/,
    ],
    [
      'is asked too often',
      (url) => (url.startsWith('/shop.git') ? 429 : undefined),
      /the Git server failed/,
      /tries again at every poll/,
    ],
    [
      'shows a page to sign in',
      (url) => (url.startsWith('/shop.git') ? 'page' : undefined),
      /no Git server answers/,
      /sign-in page/,
    ],
    [
      'loses its answers',
      (url) => (url.startsWith('/shop.git') ? 'lose-answer' : undefined),
      /connection was cut/,
      /tries again at every poll/,
    ],
    [
      'serves half a pack',
      (url) => (isPack(url) ? 'half-answer' : undefined),
      /connection was cut/,
      /tries again at every poll/,
    ],
    ['serves bytes that are no pack', (url) => (isPack(url) ? 'garbled-answer' : undefined), /\w/, /\w/],
  ])(
    'a server that %s freezes its application alone, and says what to do',
    async (_, fault, reason, remedy) => {
      const text = await editShop();
      fail = fault;
      await fleet.steadyGoesOn(() => Promise.resolve(undefined));
      const gate = await fleet.gateOf('shop');
      expect(gate).toMatchObject({ kind: 'frozen', at: 'catalog/applications/shop.yaml:9' });
      expect(gate.reason).toContain(rig.url('shop.git'));
      expect(gate.reason).toMatch(reason);
      expect(gate.remedy).toMatch(remedy);
      expect((await rig.record('web'))?.gates).toEqual([]);
      await recovers(text);
    },
  );

  test('a server that does not answer holds up nobody else, and its answer counts when it comes', async () => {
    const text = await editShop();
    let release: () => void = () => undefined;
    const held = new Promise<undefined>((resolve) => {
      release = () => resolve(undefined);
    });
    let waiting = 0;
    fail = (url) => {
      if (!url.startsWith('/shop.git')) return undefined;
      waiting += 1;
      return held;
    };
    await rig.repo('apps.git').commit({ 'steady/config.yaml': configMapText('steady', text) });
    rig.loop.refresh();
    await expect.poll(() => runs('steady', 'one', text), { timeout: 60_000 }).toBe(true);
    await expect.poll(() => waiting, { timeout: 60_000 }).toBeGreaterThan(0);
    expect(await runs('shop', 'two', text)).toBe(false);
    fail = calm;
    release();
    await expect.poll(() => runs('shop', 'two', text), { timeout: 60_000 }).toBe(true);
    expect((await rig.record('shop'))?.gates).toEqual([]);
  });

  test('a branch that is deleted freezes those that follow it alone, and they go on once it is back', async () => {
    const apps = rig.repo('apps.git');
    const tip = (await apps.head('release')).trim();
    await fleet.steadyGoesOn(() => apps.git('branch', '-D', 'release'));
    expect(await fleet.gateOf('released')).toMatchObject({
      kind: 'frozen',
      reason: expect.stringContaining('release'),
      remedy: expect.stringMatching(/\w/),
    });
    await apps.git('branch', 'release', tip);
    await rig.pass();
    expect((await rig.record('released'))?.gates).toEqual([]);
    expect(await runs('released', 'two', 'first')).toBe(true);
  });

  test('history that is rewritten is followed, and deletes nothing', async () => {
    const shop = rig.repo('shop.git');
    const before = (await shop.head()).trim();
    await shop.commit(
      {
        'base/kustomization.yaml': 'resources: [config.yaml]\n',
        'base/config.yaml': configMapText('shop', 'rewritten'),
        'overlay/kustomization.yaml': 'resources: [../base]\n',
      },
      { branch: 'other' },
    );
    const other = (await shop.head('other')).trim();
    await shop.git('update-ref', 'refs/heads/main', other);
    await shop.git('update-ref', '-d', 'refs/heads/other');
    await shop.git('reflog', 'expire', '--expire=now', '--all');
    await shop.git('gc', '--quiet', '--prune=now');
    await expect(shop.git('cat-file', '-e', before)).rejects.toThrow();
    await recovers('rewritten');
    expect((await rig.record('shop'))?.commit?.id).toBe(other);
  });

  test('a server that changes between two requests of one fetch gives one commit or the other, never a mixture', async () => {
    const shop = rig.repo('shop.git');
    const text = await editShop();
    let moved: string | undefined;
    fail = async (url) => {
      if (!isPack(url) || moved !== undefined) return undefined;
      moved = '';
      // What was advertised a moment ago is gone for good when it's asked for.
      const tree = (await shop.git('rev-parse', 'main^{tree}')).trim();
      await shop.git(
        'update-ref',
        'refs/heads/main',
        (await shop.git('rev-list', '--max-parents=0', 'main')).trim(),
      );
      await shop.git('reflog', 'expire', '--expire=now', '--all');
      await shop.git('gc', '--quiet', '--prune=now');
      moved = tree;
      return undefined;
    };
    await rig.pass();
    expect(moved).toMatch(/^[0-9a-f]{40}$/);
    const record = await rig.record('shop');
    for (const gate of record?.gates ?? []) expect(gate).toMatchObject({ kind: 'frozen' });
    expect(await runs('shop', 'two', text)).toBe(false);
    fail = calm;
    await recovers(await editShop());
  });
});
