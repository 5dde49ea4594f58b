/**
 * Kills the engine's process hundreds of times, lets API server and network fail, then watches idle clusters for a write,
 * and puts what was seen into docs/reliability.md. `SOAK_RUNS` and `SOAK_IDLE_MINUTES` make it shorter, `SOAK_SEED` other.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ControlPlanes, startControlPlanes } from '../clusters/control-plane.ts';
import { type CrashRig, describeJob, type Job, openCrashRig, type Verdict } from '../crash/crash-rig.ts';
import { everyKill, randomKills, thin } from '../crash/plan-kills.ts';
import { beginRandomFaults } from '../crash/random-faults.ts';
import { scenarios } from '../crash/scenarios.ts';
import { openFaultProxy } from '../support/fault-proxy.ts';
import { watchIdle } from './watch-idle.ts';
import { type Chapter, writeReport } from './write-report.ts';

const runs = numberOf('SOAK_RUNS', 600);
const idleMinutes = numberOf('SOAK_IDLE_MINUTES', 30);
const seed = numberOf('SOAK_SEED', 1);
/** Of the runs, those that meet faults besides. */
const faultyShare = 0.15;
/** Of the others, those that are killed once at a chosen point. */
const pointShare = 0.75;
const restarts = 4;

function numberOf(name: string, otherwise: number): number {
  const text = process.env[name];
  return text === undefined || text === '' ? otherwise : Number(text);
}

function say(line: string): void {
  process.stderr.write(`soak: ${line}\n`);
}

async function main(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-soak-'));
  const planes = await startControlPlanes({ names: ['soak'], controllers: 'none', dir, log: say });
  const chapters: Chapter[] = [];
  try {
    const rig = await openCrashRig(planes.cluster('soak'));
    try {
      const jobs = await planKills(rig, Math.round(runs * (1 - faultyShare)));
      chapters.push(await runChapter('killed around every write and at random moments', rig, jobs));
      chapters.push(await runRestarts(planes, rig));
    } finally {
      await rig.close();
    }
    chapters.push(await runFaults(planes, Math.round(runs * faultyShare)));
    chapters.push(await watchIdle(planes.cluster('soak'), idleMinutes, say));
  } finally {
    await planes.stop();
    rmSync(dir, { recursive: true, force: true });
  }
  const text = writeReport({ chapters, seed, processors: cpus().length, at: new Date() });
  writeFileSync(join(import.meta.dirname, '../../docs/reliability.md'), text);
  say('written to docs/reliability.md');
  process.exitCode = chapters.every((chapter) => chapter.failures.length === 0) ? 0 : 1;
}

/** Every point where the number allows it; what is left are runs that die again and again. */
async function planKills(rig: CrashRig, count: number): Promise<readonly Job[]> {
  const points: Job[] = [];
  for (const scenario of scenarios) {
    const { counts } = await rig.undisturbed(scenario);
    points.push(...everyKill(counts).map((one) => ({ scenario, disturbances: [one] })));
  }
  const chosen = thin(points, Math.ceil(count * pointShare));
  return [...chosen, ...randomJobs(count - chosen.length, seed)];
}

function randomJobs(count: number, from: number): readonly Job[] {
  return Array.from({ length: count }, (_, index) => {
    const scenario = scenarios[index % scenarios.length] as Job['scenario'];
    return { scenario, disturbances: randomKills(scenario.stages('x').length, from * 100_000 + index) };
  });
}

async function runChapter(name: string, rig: CrashRig, jobs: readonly Job[]): Promise<Chapter> {
  say(`${jobs.length} runs ${name}`);
  const ended: Verdict[] = [];
  const verdicts = await rig.runAll(jobs, (verdict) => {
    ended.push(verdict);
    if (verdict.differences.length > 0) say(`${describeJob(verdict.job)}\n${verdict.differences.join('\n')}`);
    if (ended.length % 25 === 0) say(`${ended.length} of ${jobs.length}`);
  });
  const deaths = verdicts.reduce((sum, verdict) => sum + verdict.deaths, 0);
  return {
    name,
    figures: [`${verdicts.length} runs`, `${deaths} deaths of the process`],
    failures: [...verdicts.flatMap((verdict) => verdict.differences), ...rig.witness.problems],
  };
}

async function runRestarts(planes: ControlPlanes, rig: CrashRig): Promise<Chapter> {
  const { apiServer } = planes.cluster('soak');
  const jobs = Array.from({ length: restarts * 5 }, (_, index) => ({
    scenario: scenarios[index % scenarios.length] as Job['scenario'],
    disturbances: [],
  }));
  let isOver = false;
  const restarting = (async () => {
    for (let index = 0; index < restarts && !isOver; index += 1) await apiServer.restart();
  })();
  const chapter = await runChapter(`while the API server restarts ${restarts} times`, rig, jobs);
  isOver = true;
  await restarting;
  return chapter;
}

async function runFaults(planes: ControlPlanes, count: number): Promise<Chapter> {
  const proxy = await openFaultProxy(planes.cluster('soak'));
  try {
    const rig = await openCrashRig(planes.cluster('soak'), proxy.access);
    try {
      for (const scenario of scenarios) await rig.undisturbed(scenario);
      const faults = beginRandomFaults(proxy, seed);
      try {
        const name = 'killed at random, while one request in ten and the watches fail';
        const chapter = await runChapter(name, rig, randomJobs(count, seed + 1));
        const kinds = [...faults.counts].sort().map(([kind, times]) => `${kind}: ${times}`);
        return { ...chapter, figures: [...chapter.figures, `faults: ${kinds.join(', ')}`] };
      } finally {
        faults.stop();
      }
    } finally {
      await rig.close();
    }
  } finally {
    await proxy.close();
  }
}

await main();
