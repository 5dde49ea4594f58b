import { afterEach, expect, test } from 'vitest';
import { readOrEnroll } from '../../agent/read-or-enroll.ts';
import { digest } from '../../core/digest.ts';
import { parseEnrollmentToken } from '../../core/enrollment-token.ts';
import { openLiveHub, temporaryFolder } from '../session/live-pair.ts';
import { type RecordedLog, recordLog } from '../support/record-log.ts';

const cleanUps: (() => Promise<void>)[] = [];
const cleanUp = (work: () => Promise<void>): void => void cleanUps.push(work);

afterEach(async () => {
  for (const work of cleanUps.splice(0).reverse()) await work();
});

async function openRig() {
  const hub = await openLiveHub(cleanUp);
  const stateDir = await temporaryFolder(cleanUp);
  const log: RecordedLog = recordLog();
  const start = (enrollmentToken: string | undefined) =>
    readOrEnroll({ stateDir, enrollmentToken }, { log, clock: hub.clock });
  return { hub, log, start };
}

test('a token that stays in the configuration after its use counts no second time', async () => {
  const { hub, start } = await openRig();
  const token = hub.token('staging');
  const first = await start(token);
  expect(await start(token)).toEqual(first);
  expect(await start(undefined)).toEqual(first);
});

test('a newer token of the same hub counts: the cluster was enrolled anew, so the certificate from before may not', async () => {
  const { hub, start } = await openRig();
  const first = await start(hub.token('staging'));
  const token = hub.token('staging');
  const second = await start(token);
  expect(second.certificate).not.toBe(first.certificate);
  expect(second.token).toBe(digest(parseEnrollmentToken(token).secret));
  expect(await start(token)).toEqual(second);
});

test('a newer token that was used or has expired leaves the agent with what it has', async () => {
  const { hub, log, start } = await openRig();
  const first = await start(hub.token('staging'));
  const token = hub.token('staging');
  hub.store.tokens.clear();
  expect(await start(token)).toEqual(first);
  expect(log.entries.map(({ message }) => message)).toContain(
    'not enrolled anew; going on with the identity from before',
  );
});
