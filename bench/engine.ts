import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeObject } from '../core/kube-object.ts';
import { type ControlPlane, startControlPlanes } from '../test/clusters/control-plane.ts';
import type { EngineTurn } from './engine-process.ts';
import { type Figure, figureOf } from './figures.ts';
import { prepareManyCluster } from './many-cluster.ts';
import { manyApplications, objectsOf, type Side } from './many-objects.ts';
import { answerOf, endProcess, peakBytes } from './processes.ts';
import { RawWriter } from './raw.ts';

const changes = 3;
const megabyte = 1_000_000;

type Say = (line: string) => void;

/**
 * The agent's engine alone, in a process of its own, on a control plane of its own: first apply and full change of 5,000
 * objects of 20 kinds in 200 applications, each next to bare requests that write the same in the same run.
 */
export async function measureEngine(say: Say): Promise<readonly Figure[]> {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-bench-engine-'));
  try {
    const planes = await startControlPlanes({ names: ['engine'], controllers: 'none', dir, log: say });
    try {
      return await measureOn(planes.cluster('engine'), dir, say);
    } finally {
      await planes.stop();
    }
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function measureOn(cluster: ControlPlane, dir: string, say: Say): Promise<readonly Figure[]> {
  await prepareManyCluster(cluster, ['raw', 'fairlead']);
  const raw = new RawWriter(cluster, '');
  const engine = await startEngine(cluster, join(dir, 'state'));
  try {
    const rounds: Round[] = [];
    for (let version = 0; version <= changes; version += 1) {
      const objects = allObjects('raw', version);
      const limit = await rawTurn(raw, objects);
      const round = { objects: objects.length, raw: limit, engine: await engine.turn(version) };
      rounds.push(round);
      say(`${version === 0 ? 'first apply' : 'full change'} of ${describeRound(round)}`);
    }
    return figuresOf(rounds, engine.peakBytes());
  } finally {
    await engine.stop();
    await raw.close();
  }
}

/** One version: the same objects by bare requests, and by the engine. */
interface Round {
  readonly objects: number;
  readonly raw: Pick<EngineTurn, 'seconds' | 'cpuSeconds'>;
  readonly engine: EngineTurn;
}

async function rawTurn(raw: RawWriter, objects: readonly KubeObject[]): Promise<Round['raw']> {
  const before = process.cpuUsage();
  const seconds = await raw.applyObjects(objects);
  const { user, system } = process.cpuUsage(before);
  return { seconds, cpuSeconds: (user + system) / 1e6 };
}

function figuresOf(rounds: readonly Round[], peakBytes: number): readonly Figure[] {
  const [first, changed] = [rounds.slice(0, 1), rounds.slice(1)];
  const figure = (id: string, unit: string, some: readonly Round[], of: (round: Round) => [number, number]) =>
    figureOf(
      id,
      unit,
      some.map((round) => of(round)[0]),
      some.map((round) => of(round)[1]),
    );
  const seconds = ({ engine, raw }: Round): [number, number] => [engine.seconds, raw.seconds];
  const processor = ({ engine, raw, objects }: Round): [number, number] => [
    (1000 * engine.cpuSeconds) / objects,
    (1000 * raw.cpuSeconds) / objects,
  ];
  const requests = ({ engine, objects }: Round): [number, number] => [totalRequests(engine) / objects, 1];
  return [
    figure('engine-first-apply', 's', first, seconds),
    figure('engine-full-change', 's', changed, seconds),
    figure('engine-requests-per-create', 'requests', first, requests),
    figure('engine-requests-per-change', 'requests', changed, requests),
    figure('engine-cpu-per-create', 'ms', first, processor),
    figure('engine-cpu-per-change', 'ms', changed, processor),
    figureOf('engine-memory', 'MB', [peakBytes / megabyte]),
  ];
}

function totalRequests({ requests }: EngineTurn): number {
  return Object.entries(requests).reduce((sum, [verb, count]) => (verb === 'watch' ? sum : sum + count), 0);
}

function describeRound({ objects, raw, engine }: Round): string {
  const verbs = Object.entries(engine.requests).filter(([, count]) => count > 0);
  return [
    `${objects}: ${engine.seconds.toFixed(1)} s (raw ${raw.seconds.toFixed(1)} s)`,
    `${engine.cpuSeconds.toFixed(1)} s of CPU (raw ${raw.cpuSeconds.toFixed(1)} s)`,
    `${(engine.residentBytes / megabyte).toFixed(0)} MB`,
    verbs.map(([verb, count]) => `${verb} ${count}`).join(', '),
  ].join('; ');
}

function allObjects(side: Side, version: number): readonly KubeObject[] {
  return Array.from({ length: manyApplications }, (_, index) => objectsOf(side, index, version)).flat();
}

interface EngineChild {
  turn(version: number): Promise<EngineTurn>;
  peakBytes(): number;
  stop(): Promise<void>;
}

async function startEngine(cluster: ControlPlane, stateDir: string): Promise<EngineChild> {
  const child = fork(join(import.meta.dirname, 'engine-process.ts'), {
    env: {
      PATH: process.env['PATH'],
      STATE_DIR: stateDir,
      SERVER: cluster.server,
      CA: cluster.caPem,
      TOKEN: cluster.token,
    },
    execArgv: ['--max-semi-space-size=2'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await answerOf(child);
  return {
    async turn(version) {
      child.send({ version });
      return (await answerOf(child)) as EngineTurn;
    },
    peakBytes: () => peakBytes(child.pid ?? 0),
    stop: () => endProcess(child),
  };
}
