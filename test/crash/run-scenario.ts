import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubePort } from '../../agent/ports.ts';
import type { KubeClient } from '../clusters/kube-client.ts';
import type { ClusterAccess } from '../clusters/kubeconfig.ts';
import { waitUntil } from '../clusters/wait.ts';
import type { KillPoint, WriteCounts } from './kill-point.ts';
import { isAsWanted, MortalAgent } from './mortal-agent.ts';
import { patiently } from './patiently.ts';
import type { Scenario, Stage } from './scenario.ts';
import { type Snapshot, takeSnapshot } from './snapshot.ts';
import { type Witness, watched } from './witness.ts';

/** Far more than anything takes that is waited for here. */
const limitMs = 120_000;

/** Where runs take place; many at a time share it. */
export interface Ground {
  /** For the agent; perhaps behind a proxy. */
  readonly access: ClusterAccess;
  readonly client: KubeClient;
  /** Of the test itself, straight to the API server. */
  readonly kube: KubePort;
  readonly witness: Witness;
}

/** Kill points of one stage; the agent that comes after the first dies at the second, and so on. */
export interface Disturbance {
  readonly stage: number;
  readonly kills: readonly KillPoint[];
}

export interface RunResult {
  /** One after each stage. */
  readonly snapshots: readonly Snapshot[];
  /** What each stage took; of the last process only. */
  readonly counts: readonly WriteCounts[];
  readonly deaths: number;
  /** Writes of a new process that is told the last state again: none, or something was left undone. */
  readonly writesAfterRestart?: readonly string[];
}

export interface RunOptions {
  /** Of this run alone; lower-case letters and digits. */
  readonly name: string;
  readonly disturbances?: readonly Disturbance[];
  /** Whether the agent is started once more at the end, to see that it finds nothing to do. */
  readonly finalRestart: 'yes' | 'no';
}

/** Runs one scenario from its first stage to its last. */
export async function runScenario(
  ground: Ground,
  scenario: Scenario,
  { name, disturbances = [], finalRestart }: RunOptions,
): Promise<RunResult> {
  const stateDir = await mkdtemp(join(tmpdir(), 'fairlead-crash-'));
  const agentNamespace = `${name}-agent`;
  const agent = new MortalAgent({ access: ground.access, stateDir, namespace: agentNamespace });
  const stages = scenario.stages(name);
  const applications = namesOf(stages);
  const subject = { ...ground, namespace: name, agentNamespace, applications };
  const snapshots: Snapshot[] = [];
  const counts: WriteCounts[] = [];
  try {
    for (const [index, stage] of stages.entries()) {
      await patiently(async () => stage.before?.(ground.client));
      const kills = disturbances.filter((one) => one.stage === index).flatMap((one) => one.kills);
      agent.want(stage.applications, stage.operations, kills);
      try {
        await agent.untilDone(stage.isDone ?? isAsWanted);
        await untilSettled(ground, stage);
        counts.push(await agent.untilDone(stage.isDone ?? isAsWanted));
        await untilSeen(ground, name, stage.leaving);
      } catch (error) {
        throw new Error(`in stage ${index + 1}, ${stage.name}: ${String(error)}`, { cause: error });
      }
      snapshots.push(await patiently(() => takeSnapshot(subject)));
    }
    const writesAfterRestart = finalRestart === 'yes' ? await restart(agent, stages.at(-1)) : undefined;
    return {
      snapshots,
      counts,
      deaths: agent.deaths,
      ...(writesAfterRestart === undefined ? {} : { writesAfterRestart }),
    };
  } finally {
    await agent.close();
    await clear(ground, [name, agentNamespace]);
    await rm(stateDir, { recursive: true, force: true });
  }
}

async function restart(agent: MortalAgent, last: Stage | undefined): Promise<readonly string[]> {
  const { deaths } = agent;
  agent.kill();
  await waitUntil('the agent is started again', () => agent.deaths > deaths, { limitMs });
  const { verbs } = await agent.untilDone(last?.isDone ?? isAsWanted);
  return verbs;
}

/** What the agent does without being asked has no result that it would tell. */
async function untilSettled({ client }: Ground, { name, isSettled }: Stage): Promise<void> {
  if (isSettled === undefined) return;
  await waitUntil(`the cluster is as it should be after ${name}`, () => patiently(() => isSettled(client)), {
    limitMs,
  });
}

/** Waits until the witness has been told of everything that is there. */
async function untilSeen(
  { kube, witness }: Ground,
  namespace: string,
  leaving: readonly string[] = [],
): Promise<void> {
  await waitUntil(
    'the watches tell what is there',
    async () => {
      const live = witness.live(namespace);
      let count = 0;
      for (const kind of watched) {
        const answer = await kube.list(kind, { namespace });
        if (answer.type === 'failed') return false;
        for (const { metadata } of answer.objects) {
          if (live.get(`${kind.kind}/${metadata.name}`) !== metadata.uid) return false;
          count += 1;
        }
      }
      return count === live.size && leaving.every((key) => !live.has(key));
    },
    { limitMs, everyMs: 20 },
  );
}

/** Thousands of leftovers would make each later run slower. */
async function clear({ client }: Ground, namespaces: readonly string[]): Promise<void> {
  for (const namespace of namespaces) {
    for (const { group, version, plural } of watched) {
      const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
      await patiently(() =>
        client.request('DELETE', `${root}/namespaces/${namespace}/${plural}?propagationPolicy=Background`),
      );
    }
  }
}

function namesOf(stages: readonly Stage[]): readonly string[] {
  const names = stages.flatMap((stage) => stage.applications.map(({ application }) => application));
  return [...new Set(names)];
}
