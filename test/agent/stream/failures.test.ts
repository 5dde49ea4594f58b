import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { AgentIdentity } from '../../../agent/stream/agent-identity.ts';
import { readIdentity } from '../../../agent/stream/agent-identity.ts';
import { encodeEnrollmentToken, parseEnrollmentToken } from '../../../core/enrollment-token.ts';
import { desiredContent } from '../../session/desired-content.ts';
import {
  enrollInto,
  type LiveAgent,
  openLiveAgent,
  openLiveHub,
  TestClock,
  temporaryFolder,
} from '../../session/live-pair.ts';

const cleanUp = (work: () => Promise<void>): void => onTestFinished(work);
const patience = { timeout: 10_000 };

async function enrolled(
  cluster: string,
): Promise<{ hub: Awaited<ReturnType<typeof openLiveHub>>; dir: string; identity: AgentIdentity }> {
  const hub = await openLiveHub(cleanUp);
  const dir = await temporaryFolder(cleanUp);
  return { hub, dir, identity: await enrollInto(dir, hub.token(cluster)) };
}

function problemOf(agent: LiveAgent): string {
  return agent.hubStates.at(-1)?.problems.join(' ') ?? '';
}

test('enrolling keeps the key here, for this user only, and no key reaches the hub', async () => {
  const { dir, identity } = await enrolled('staging');
  expect((await stat(join(dir, 'identity.json'))).mode & 0o077).toBe(0);
  expect(await readIdentity(dir)).toEqual(identity);
  expect(await readFile(join(dir, 'identity.json'), 'utf8')).toContain('BEGIN PRIVATE KEY');
});

test('a token works once', async () => {
  const hub = await openLiveHub(cleanUp);
  const token = hub.token('staging');
  await enrollInto(await temporaryFolder(cleanUp), token);
  const again = enrollInto(await temporaryFolder(cleanUp), token);
  await expect(again).rejects.toMatchObject({
    code: 'unauthenticated',
    message: expect.stringContaining('used or expired'),
  });
});

test('an expired token is refused', async () => {
  const hub = await openLiveHub(cleanUp);
  const token = hub.token('staging');
  hub.clock.offsetMs = 2 * 3600 * 1000;
  await expect(enrollInto(await temporaryFolder(cleanUp), token)).rejects.toMatchObject({
    code: 'unauthenticated',
  });
});

test('the secret is not sent to a hub of another authority', async () => {
  const hub = await openLiveHub(cleanUp);
  const token = parseEnrollmentToken(hub.token('staging'));
  const forged = encodeEnrollmentToken({ ...token, ca: 'ab'.repeat(32) });
  const dir = await temporaryFolder(cleanUp);
  await expect(enrollInto(dir, forged)).rejects.toMatchObject({
    code: 'unauthenticated',
    message: expect.stringContaining('not the hub that made this token'),
  });
  expect(hub.store.tokens.size).toBe(1);
  expect(await readIdentity(dir)).toBeUndefined();
});

test('a closed port is one clear sentence, for an enrolment and for a session', async () => {
  const { hub, dir, identity } = await enrolled('staging');
  const token = hub.token('prod');
  await hub.server.close();
  await expect(enrollInto(await temporaryFolder(cleanUp), token)).rejects.toMatchObject({
    message: expect.stringContaining('nothing listens at'),
  });
  const agent = await openLiveAgent(cleanUp, { dir, identity });
  await vi.waitFor(() => expect(problemOf(agent)).toContain('nothing listens at 127.0.0.1'), patience);
});

test('a hub of another authority is not spoken to', async () => {
  const { dir, identity } = await enrolled('staging');
  const other = await openLiveHub(cleanUp);
  const agent = await openLiveAgent(cleanUp, { dir, identity: { ...identity, hub: other.server.address } });
  await vi.waitFor(
    () => expect(problemOf(agent)).toContain('not the hub that this agent was enrolled with'),
    patience,
  );
  expect(other.server.connections().size).toBe(0);
});

test('a certificate that expired is named with its cluster and what to do, and what is stored stays in force', async () => {
  const { hub, dir, identity } = await enrolled('staging');
  hub.store.commit('staging', new Map([['a', desiredContent('a', '1')]]));
  const agent = await openLiveAgent(cleanUp, { dir, identity });
  await vi.waitFor(() => expect(agent.inForce).toHaveLength(1), patience);
  await agent.close();
  const clock = new TestClock();
  clock.offsetMs = 91 * 24 * 3600 * 1000;
  const late = await openLiveAgent(cleanUp, { dir, identity, clock });
  await vi.waitFor(() => expect(problemOf(late)).toContain('fairlead cluster enroll staging'), patience);
  expect(problemOf(late)).toContain('expired on');
  expect(late.inForce[0]?.generation).toBe(1);
});

test('an agent that says it is another cluster than its certificate is refused', async () => {
  const { hub, dir, identity } = await enrolled('staging');
  const agent = await openLiveAgent(cleanUp, { dir, identity: { ...identity, cluster: 'prod' } });
  await vi.waitFor(() => expect(problemOf(agent)).toContain('its certificate is for staging'), patience);
  expect(hub.server.connections().size).toBe(0);
});

test('the stored desired state is in force at the start, before any hub answers', async () => {
  const { hub, dir, identity } = await enrolled('staging');
  hub.store.commit('staging', new Map([['a', desiredContent('a', '1')]]));
  const agent = await openLiveAgent(cleanUp, { dir, identity });
  await vi.waitFor(() => expect(agent.inForce).toHaveLength(1), patience);
  await agent.close();
  await hub.server.close();
  const alone = await openLiveAgent(cleanUp, { dir, identity });
  expect(alone.inForce[0]).toEqual(agent.inForce[0]);
});

test('an agent comes back by itself to a hub that restarts, and delivers what it saw meanwhile', async () => {
  const hubDir = await temporaryFolder(cleanUp);
  const first = await openLiveHub(cleanUp, { dir: hubDir });
  const dir = await temporaryFolder(cleanUp);
  const identity = await enrollInto(dir, first.token('staging'));
  const agent = await openLiveAgent(cleanUp, { dir, identity });
  await vi.waitFor(() => expect(first.server.connections().has('staging')).toBe(true), patience);
  await first.server.close();
  await vi.waitFor(() => expect(agent.hubStates.at(-1)?.connected).toBe(false), patience);
  await agent.outbox.add({
    type: 'operation',
    result: { id: 'op', phase: 'Succeeded', message: '', at: '' },
  });
  const port = Number(first.server.address.split(':')[1]);
  first.store.epochs = [...first.store.epochs, { counter: 2, nonce: 'second' }];
  const second = await openLiveHub(cleanUp, { dir: hubDir, store: first.store, port });
  await vi.waitFor(() => expect(second.store.reports.get('staging')).toHaveLength(1), patience);
  expect(agent.hubStates.at(-1)).toEqual({ connected: true, problems: [] });
});
