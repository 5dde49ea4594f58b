import { afterEach, beforeEach, expect, test } from 'vitest';
import { formatLocation } from '../../core/problem.ts';
import type { SignatureVerdict } from '../../hub/resolve/signature-rule.ts';
import { type BreakableFleet, openBreakableFleet } from '../support/breakable-fleet.ts';
import { configMapText, projectText } from '../support/fleet-texts.ts';
import type { LoopRig } from '../support/loop-rig.ts';

let fleet: BreakableFleet;
let rig: LoopRig;
/** How often a commit was verified. */
let verified: string[];

/** Whoever stands in the message signed it. */
function verdictOf(content: Uint8Array): SignatureVerdict {
  const text = new TextDecoder().decode(content);
  const signer = /signed by (\w+)/.exec(text)?.[1];
  verified.push(text.slice(text.indexOf('\n\n') + 2).trim());
  if (signer === undefined) return { type: 'unsigned' };
  return signer === 'nobody'
    ? { type: 'unverified', reason: 'this hub has no gpgv', remedy: 'Install it' }
    : { type: 'signed', signer, fingerprints: ['AA'] };
}

beforeEach(async () => {
  verified = [];
  fleet = await openBreakableFleet({ signatures: { verify: async (content) => verdictOf(content) } });
  rig = fleet.rig;
}, 300_000);

afterEach(() => fleet.close());

/** What the source is to be signed by, of the project `shop`. */
const wanted = (keys: string): Promise<void> =>
  rig.commit({
    'catalog/fleet/projects/shop.yaml': projectText('shop', `  signatureKeys: [${keys}]\n`),
  });

const commit = (text: string, message: string): Promise<string> =>
  rig.repo('shop.git').commit({ 'base/config.yaml': configMapText('shop', text) }, { message });

async function source(text: string, message: string): Promise<string> {
  const id = await commit(text, message);
  await rig.pass('shop.git');
  return id;
}

test('a commit that is not signed by an allowed key is not taken, the last good one stays, and nothing else waits', async () => {
  const good = await source('good', 'signed by alice');
  await wanted('{keyID: alice}');
  expect(await rig.record('shop')).toMatchObject({ gates: [], commit: { id: good } });
  const before = await rig.desired('two', 'shop');

  await fleet.steadyGoesOn(() => commit('second', 'signed by mallory'));
  const record = await rig.record('shop');
  const [gate] = record?.gates ?? [];
  expect(gate?.kind).toBe('frozen');
  expect(gate?.reason).toContain(
    'is signed by mallory (AA), and project shop takes only what is signed by alice',
  );
  expect(gate?.location && formatLocation(gate.location)).toMatch(
    /^catalog\/fleet\/projects\/shop\.yaml:\d+$/,
  );
  expect(record?.commit?.id).toBe(good);
  expect(await rig.desired('two', 'shop')).toEqual(before);

  await source('third', 'nobody signed this');
  expect((await rig.record('shop'))?.gates[0]?.reason).toContain("isn't signed");
  expect(await rig.desired('two', 'shop')).toEqual(before);

  const better = await source('fourth', 'signed by alice');
  expect(await rig.record('shop')).toMatchObject({ gates: [], commit: { id: better } });
}, 300_000);

test('a commit is verified once for one set of keys, and again only where it could not be told', async () => {
  await wanted('{keyID: alice}');
  await source('second', 'signed by alice');
  verified = [];
  await rig.pass();
  await rig.pass();
  expect(verified).toEqual([]);

  await source('third', 'signed by nobody');
  expect((await rig.record('shop'))?.gates[0]?.reason).toContain("can't be told: this hub has no gpgv");
  verified = [];
  await rig.pass();
  expect(verified).toEqual(['signed by nobody']);
}, 300_000);

test('an allowed key that is taken away freezes what it had signed, as it runs', async () => {
  const good = await source('second', 'signed by alice');
  await wanted('{keyID: alice}');
  const before = await rig.desired('two', 'shop');
  await wanted('{keyID: bob}');
  expect(await rig.record('shop')).toMatchObject({ gates: [{ kind: 'frozen' }], commit: { id: good } });
  expect(await rig.desired('two', 'shop')).toEqual(before);
  await wanted('{keyID: bob}, {keyID: alice}');
  expect((await rig.record('shop'))?.gates).toEqual([]);
}, 300_000);
