import { expect, onTestFinished, test, vi } from 'vitest';
import type { Report } from '../../../core/session.ts';
import { desiredContent } from '../../session/desired-content.ts';
import { enrollInto, openLiveAgent, openLiveHub, temporaryFolder } from '../../session/live-pair.ts';

const cleanUp = (work: () => Promise<void>): void => onTestFinished(work);

function statusReport(application: string, message: string): Report {
  const health = { status: 'Healthy', message } as const;
  const status = {
    application,
    digest: 'd',
    sync: 'Synced',
    health,
    objects: [],
    drifts: [],
    failures: [],
    gates: [],
  } as const;
  return { type: 'application', status };
}

test('an enrolled agent gets the head and its contents, puts them in force and has its reports acknowledged', async () => {
  const hub = await openLiveHub(cleanUp);
  const dir = await temporaryFolder(cleanUp);
  const contents = new Map([
    ['argocd/web', desiredContent('argocd/web', 'one')],
    ['argocd/big', desiredContent('argocd/big', 'large '.repeat(200_000))],
  ]);
  hub.store.commit('staging', contents);
  const identity = await enrollInto(dir, hub.token('staging'));
  expect(identity.cluster).toBe('staging');
  const agent = await openLiveAgent(cleanUp, { dir, identity });
  await vi.waitFor(() => expect(agent.inForce.at(-1)?.generation).toBe(1), 5000);
  expect([...(agent.inForce[0]?.applications.keys() ?? [])].sort()).toEqual(['argocd/big', 'argocd/web']);
  await vi.waitFor(() => expect(hub.store.contacts.get('staging')?.generation).toBe(1), 5000);

  await agent.outbox.add(statusReport('argocd/web', 'first'));
  await vi.waitFor(() => expect(hub.store.reports.get('staging')).toHaveLength(1), 5000);
  await vi.waitFor(() => expect(agent.outbox.read(0, 10)).toHaveLength(0), 5000);

  hub.store.commit('staging', new Map([...contents, ['argocd/web', desiredContent('argocd/web', 'two')]]));
  hub.server.publish(['staging']);
  await vi.waitFor(() => expect(agent.inForce.at(-1)?.generation).toBe(2), 5000);
  expect(hub.server.connections().get('staging')?.agentVersion).toBe('0.0.0-test');
});
