import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Drift } from '../../core/drift.ts';
import type { Report } from '../../core/session.ts';
import type { ApplicationStatus } from '../../core/status.ts';
import { Dispatcher } from '../../hub/alerting/dispatcher.ts';
import { Notifier } from '../../hub/alerting/notifier.ts';
import { buildCatalog } from '../../hub/catalog/build-catalog.ts';
import type { Catalog } from '../../hub/catalog/catalog.ts';
import type { NotificationDocument } from '../../hub/catalog/documents.ts';
import { foldFiles } from '../../hub/catalog/fold-files.ts';
import type { Message } from '../../hub/incident/message.ts';
import type { SendResult } from '../../hub/incident/receiver.ts';
import type { ApplicationRecord, Connection, StorePort } from '../../hub/ports.ts';
import { openStore } from '../../hub/store/open-store.ts';
import { type ManualTime, manualTime } from './manual-time.ts';
import { type RecordedLog, recordLog } from './record-log.ts';

/** What came to a receiver, in the order in which it took it. */
export interface MemoryReceiver {
  readonly taken: Message[];
  /** What it does with a message; `late` takes it and answers after a while, `lose` takes it and never answers. */
  behaviour: 'take' | 'late' | 'fail' | 'reject' | 'lose' | 'hang';
}

/** The part of a hub that alerts people, on the real store, with receivers in memory and a clock that tests move. */
export interface NotificationRig {
  readonly time: ManualTime;
  readonly log: RecordedLog;
  readonly store: StorePort;
  readonly notifier: Notifier;
  readonly dispatcher: Dispatcher;
  /** Whether the hub does its work. */
  lives: boolean;
  /** How often a Notification was matched with a condition. */
  readonly matches: number;
  /** By the host of its URL. */
  receiver(name: string): MemoryReceiver;
  /** Makes the documents of the fleet these, as a pass does. */
  setDocuments(texts: Readonly<Record<string, string>>): Promise<void>;
  /** What a pass decides of an application, as it is stored. */
  setRecord(name: string, record?: Partial<ApplicationRecord>): Promise<void>;
  removeRecord(name: string): Promise<void>;
  /** What an agent says of an application. */
  report(name: string, status?: Partial<ApplicationStatus>): Promise<void>;
  drift(drift: Drift, change: 'opened' | 'closed'): Promise<void>;
  connect(cluster: string): Promise<void>;
  disconnect(cluster: string): Promise<void>;
  /** Ends everything at this instant and starts anew on the same folder; `meanwhile` passes before. Agents connect later. */
  crash(meanwhile?: () => Promise<void>): Promise<void>;
  /** From here on, the store stops answering after so many more calls, before or after it did what was asked. */
  dieAfter(calls: number, when: 'before' | 'after'): void;
  /** Whether it hasn't died meanwhile. */
  alive(): boolean;
  close(): Promise<void>;
}

interface Life {
  readonly store: StorePort;
  readonly notifier: Notifier;
  readonly dispatcher: Dispatcher;
  readonly real: StorePort;
  alive: boolean;
  dying: { calls: number; when: 'before' | 'after' } | undefined;
}

const never = new Promise<never>(() => undefined);

export async function openNotificationRig(texts: Readonly<Record<string, string>>): Promise<NotificationRig> {
  const dir = await mkdtemp(join(tmpdir(), 'fairlead-notifications-'));
  const time = manualTime('2026-11-03T14:00:00.000Z');
  const log = recordLog();
  const receivers = new Map<string, MemoryReceiver>();
  const connections = new Map<string, Connection>();
  const onMatch = (): void => {
    rig.matches += 1;
  };
  let catalog = counting(catalogOf(texts), onMatch);
  let sequence = 0;
  const rig = { lives: true, matches: 0 };
  let life = await start();

  function receiver(name: string): MemoryReceiver {
    const found = receivers.get(name) ?? { taken: [], behaviour: 'take' };
    receivers.set(name, found);
    return found;
  }

  async function start(): Promise<Life> {
    const real = await openStore({ dir, clock: time.clock });
    const state: { alive: boolean; dying: Life['dying'] } = { alive: true, dying: undefined };
    const store = mortal(real, state);
    const dispatcher = new Dispatcher({
      store,
      clock: time.clock,
      timers: time.timers,
      random: () => 0.5,
      log,
      externalUrl: 'https://fairlead.example.com',
      onResult: () => undefined,
      isAlive: () => rig.lives,
      openReceiver: (target) => ({
        send: (message, signal) => {
          if (!state.alive) return never;
          const name = typeof target.url === 'string' ? new URL(target.url).hostname : target.url.file;
          return send(receiver(name), message, { signal, time });
        },
        ...(target.type === 'alertmanager' ? { repeatEveryMs: 60_000 } : {}),
      }),
    });
    const notifier = new Notifier({
      store,
      dispatcher,
      catalog: () => catalog,
      connections: () => connections,
      checkSecrets: () => [],
      clock: time.clock,
      timers: time.timers,
      log,
    });
    // Agents may connect, and passes end, before it has taken up what is stored.
    notifier.handle({ type: 'cluster', cluster: 'prod' });
    notifier.passed([]);
    await notifier.start();
    return Object.assign(state, { store, real, dispatcher, notifier });
  }

  async function end(): Promise<void> {
    life.alive = false;
    time.drop();
    await time.settle();
    await life.real.close();
  }

  async function save(cluster: string, report: Report): Promise<void> {
    sequence += 1;
    await life.real.saveReports(cluster, [{ sequence, report }]);
  }

  return {
    get lives() {
      return rig.lives;
    },
    set lives(lives) {
      rig.lives = lives;
    },
    get matches() {
      return rig.matches;
    },
    time,
    log,
    get store() {
      return life.real;
    },
    get notifier() {
      return life.notifier;
    },
    get dispatcher() {
      return life.dispatcher;
    },
    receiver,
    async setDocuments(next) {
      catalog = counting(catalogOf(next), onMatch);
      life.notifier.passed([]);
      await time.settle();
    },
    async setRecord(name, record) {
      await life.real.saveGeneration({ ...nothing, applications: [recordOf(name, record)] });
      life.notifier.passed([`argocd/${name}`]);
      await time.settle();
    },
    async removeRecord(name) {
      await life.real.saveGeneration({ ...nothing, removedApplications: [`argocd/${name}`] });
      life.notifier.passed([`argocd/${name}`]);
      await time.settle();
    },
    async report(name, status) {
      await save('prod', { type: 'application', status: statusOf(name, status) });
      life.notifier.handle({ type: 'cluster', cluster: 'prod' });
      life.notifier.handle({ type: 'application', application: `argocd/${name}` });
      await time.settle();
    },
    async drift(drift, change) {
      const at = time.clock.now().toISOString();
      const event = { drift, change, at, ...(change === 'closed' ? { end: 'healed' as const } : {}) };
      await save('prod', { type: 'drift', event });
      life.notifier.handle({ type: 'drift', id: drift.id, application: drift.application });
      await time.settle();
    },
    async connect(cluster) {
      const since = time.clock.now().toISOString();
      connections.set(cluster, { cluster, agentVersion: '0.1.0', since, generation: 1 });
      life.notifier.handle({ type: 'cluster', cluster });
      await time.settle();
    },
    async disconnect(cluster) {
      connections.delete(cluster);
      life.notifier.handle({ type: 'cluster', cluster });
      await time.settle();
    },
    async crash(meanwhile) {
      await end();
      connections.clear();
      await meanwhile?.();
      life = await start();
      await time.settle();
    },
    alive: () => life.alive,
    dieAfter(calls, when) {
      life.dying = { calls, when };
    },
    async close() {
      await end();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A store that doesn't answer any more once its process is dead, and may die in the middle of a call. */
function mortal(real: StorePort, state: { alive: boolean; dying: Life['dying'] }): StorePort {
  return new Proxy(real, {
    get(target, name, self) {
      const member: unknown = Reflect.get(target, name, self);
      if (typeof member !== 'function') return member;
      return async (...args: readonly unknown[]) => {
        if (!state.alive) return never;
        const { dying } = state;
        if (dying !== undefined) dying.calls -= 1;
        const dies = dying !== undefined && dying.calls < 0;
        if (dies && dying.when === 'before') {
          state.alive = false;
          return never;
        }
        const result: unknown = await Reflect.apply(member, target, args);
        if (!dies) return state.alive ? result : never;
        state.alive = false;
        return never;
      };
    },
  });
}

const lateMs = 30_000;

function send(
  receiver: MemoryReceiver,
  message: Message,
  { signal, time }: { readonly signal: AbortSignal; readonly time: ManualTime },
): Promise<SendResult> {
  switch (receiver.behaviour) {
    case 'take':
      receiver.taken.push(message);
      return Promise.resolve({ type: 'delivered' });
    case 'late':
      receiver.taken.push(message);
      return new Promise((resolve) => {
        time.timers.after(lateMs, () => resolve({ type: 'delivered' }));
      });
    case 'lose':
      receiver.taken.push(message);
      return Promise.resolve({ type: 'retry', why: 'gave no answer within 10 s' });
    case 'fail':
      return Promise.resolve({ type: 'retry', why: 'answered 500' });
    case 'reject':
      return Promise.resolve({ type: 'rejected', why: 'answered 400' });
    case 'hang':
      return new Promise((resolve) => {
        signal.addEventListener('abort', () => resolve({ type: 'retry', why: 'was cut' }));
      });
  }
}

const nothing = {
  fleetCommit: { id: 'c1', author: 'a', committedAt: '2026-11-03T12:00:00.000Z', subject: 's' },
  files: [],
  removedFiles: [],
  applications: [],
  removedApplications: [],
  heads: new Map(),
  blobs: new Map(),
  renders: new Map(),
};

function recordOf(name: string, record: Partial<ApplicationRecord> = {}): ApplicationRecord {
  return {
    application: `argocd/${name}`,
    name,
    project: 'shop',
    cluster: 'prod',
    environment: 'prod',
    namespace: 'shop',
    mode: 'sync',
    repoURL: 'https://git.example/apps.git',
    targetRevision: 'main',
    path: name,
    location: { file: `apps/${name}.yaml`, line: 1 },
    commit: nothing.fleetCommit,
    digest: 'sha256:one',
    deletesOnRemoval: false,
    gates: [],
    problems: [],
    ...record,
  };
}

function statusOf(name: string, status: Partial<ApplicationStatus> = {}): ApplicationStatus {
  return {
    application: `argocd/${name}`,
    digest: 'sha256:one',
    sync: 'Synced',
    appliedAt: '2026-11-03T12:01:00.000Z',
    health: { status: 'Healthy', message: '' },
    objects: [],
    drifts: [],
    failures: [],
    gates: [],
    ...status,
  };
}

const fleet = `apiVersion: fairlead.dev/v1alpha1
kind: Fleet
metadata: {name: test}
spec: {environments: [{name: prod}]}
`;
const cluster = `apiVersion: fairlead.dev/v1alpha1
kind: Cluster
metadata: {name: prod}
spec: {environment: prod}
`;

/** Tells of every time that somebody looks at what a Notification matches. */
function counting(catalog: Catalog, onMatch: () => void): Catalog {
  const notifications = [...catalog.notifications].map(([name, document]): [string, NotificationDocument] => [
    name,
    {
      ...document,
      get match() {
        onMatch();
        return document.match;
      },
    },
  ]);
  return { ...catalog, notifications: new Map(notifications) };
}

let parsed = 0;

function catalogOf(texts: Readonly<Record<string, string>>): Catalog {
  const all = { 'fleet.yaml': fleet, 'cluster.yaml': cluster, ...texts };
  const files = Object.entries(all).map(([name, text]) => ({
    path: `fleet/${name}`,
    oid: String(parsed++),
    text,
  }));
  const catalog = buildCatalog(foldFiles([], files));
  if (catalog.problems.length > 0) throw new Error(JSON.stringify(catalog.problems));
  return catalog;
}

/** A Notification document; `spec` is its triggers and more, receivers are webhooks at their names. */
export function notificationText(name: string, spec: string, receivers: readonly string[]): string {
  const lines = receivers.map((receiver) =>
    receiver.startsWith('alertmanager')
      ? `    - {name: ${receiver}, alertmanager: {url: 'http://${receiver}'}}`
      : `    - {name: ${receiver}, webhook: {url: 'http://${receiver}', secretFrom: {file: secret}}}`,
  );
  return `apiVersion: fairlead.dev/v1alpha1
kind: Notification
metadata: {name: ${name}}
spec:
${spec}
  receivers:
${lines.join('\n')}
`;
}
