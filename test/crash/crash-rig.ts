import { openKube } from '../../agent/kube/client.ts';
import { openConnection } from '../../agent/kube/connection.ts';
import type { ControlPlane } from '../clusters/control-plane.ts';
import { KubeClient } from '../clusters/kube-client.ts';
import type { ClusterAccess } from '../clusters/kubeconfig.ts';
import { differencesOf } from './differences.ts';
import { describeDisturbances } from './plan-kills.ts';
import { type Disturbance, type Ground, type RunResult, runScenario } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';
import { Witness } from './witness.ts';

/** One run to make: a scenario, and where its agent dies. */
export interface Job {
  readonly scenario: Scenario;
  readonly disturbances: readonly Disturbance[];
}

export interface Verdict {
  readonly job: Job;
  readonly deaths: number;
  /** What was otherwise than in the undisturbed run; empty where nothing was. */
  readonly differences: readonly string[];
}

/** Runs scenarios on one cluster, and compares each with its undisturbed run. */
export interface CrashRig extends Ground {
  undisturbed(scenario: Scenario): Promise<RunResult>;
  /** Several at a time; they share nothing but the API server. */
  runAll(jobs: readonly Job[], onEnded?: (verdict: Verdict) => void): Promise<readonly Verdict[]>;
  close(): Promise<void>;
}

/** Runs at a time: each waits most of its time. */
const width = 4;

/** `agentAccess` stands between the agents and the API server; the witness goes straight to it. */
export async function openCrashRig(cluster: ControlPlane, agentAccess?: ClusterAccess): Promise<CrashRig> {
  const client = new KubeClient(cluster, { fieldManager: 'kubectl-edit' });
  const witness = await Witness.open(cluster, client);
  const { server, caPem, token } = cluster;
  const kube = openKube(await openConnection({ type: 'explicit', server, caPem, token }));
  const ground: Ground = { access: agentAccess ?? cluster, client, kube, witness };
  const known = new Map<Scenario, Promise<RunResult>>();
  let runs = 0;
  function run(scenario: Scenario, disturbances: readonly Disturbance[]): Promise<RunResult> {
    runs += 1;
    const name = `crash-${runs}x`;
    // Behind a proxy that makes faults a request is tried more than once.
    const finalRestart = agentAccess === undefined ? 'yes' : 'no';
    return runScenario(ground, scenario, { name, disturbances, finalRestart });
  }
  function undisturbed(scenario: Scenario): Promise<RunResult> {
    const result = known.get(scenario) ?? run(scenario, []);
    known.set(scenario, result);
    return result;
  }
  async function judge(job: Job): Promise<Verdict> {
    try {
      const wanted = await undisturbed(job.scenario);
      const found = await run(job.scenario, job.disturbances);
      return { job, deaths: found.deaths, differences: compareRuns(job, wanted, found) };
    } catch (error) {
      return { job, deaths: 0, differences: [`${describeJob(job)}: ${String(error)}`] };
    }
  }
  return {
    ...ground,
    undisturbed,
    async runAll(jobs, onEnded = () => undefined) {
      const verdicts: Verdict[] = [];
      const waiting = [...jobs];
      async function work(): Promise<void> {
        for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
          const verdict = await judge(job);
          verdicts.push(verdict);
          onEnded(verdict);
        }
      }
      await Promise.all(Array.from({ length: width }, work));
      return verdicts;
    },
    async close() {
      await witness.close();
      await kube.close();
      client.close();
    },
  };
}

export function describeJob({ scenario, disturbances }: Job): string {
  return `${scenario.name}; killed in ${describeDisturbances(disturbances)}`;
}

function compareRuns(job: Job, wanted: RunResult, found: RunResult): readonly string[] {
  const differences = wanted.snapshots.flatMap((snapshot, stage) =>
    (['objects', 'incarnations', 'inventory'] as const).flatMap((part) =>
      differencesOf(snapshot[part], found.snapshots[stage]?.[part] ?? {}).map(
        (difference) => `after stage ${stage + 1}, ${part}: ${difference}`,
      ),
    ),
  );
  const writes = found.writesAfterRestart ?? [];
  if (writes.length > 0) differences.push(`a restart at the end made writes: ${writes.join(', ')}`);
  return differences.map((difference) => `${describeJob(job)}: ${difference}`);
}
