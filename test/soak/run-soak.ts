/**
 * Kills the engine's process hundreds of times, lets API server and network fail, and watches an idle cluster for a
 * write meanwhile; then others edit objects at random, and what is told of that is compared with a dry-run of everything.
 * What was seen is put into docs/reliability.md as it goes. `SOAK_RUNS`, `SOAK_IDLE_MINUTES` and `SOAK_EDITS` make it
 * shorter, `SOAK_SEED` other.
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
import { playEdits } from './random-edits.ts';
import { watchIdle } from './watch-idle.ts';
import { type Chapter, type Progress, writeReport } from './write-report.ts';

const runs = numberOf('SOAK_RUNS', 600);
const idleMinutes = numberOf('SOAK_IDLE_MINUTES', 30);
const edits = numberOf('SOAK_EDITS', 6_000);
const seed = numberOf('SOAK_SEED', 1);
/** Of the runs, those that meet faults besides. */
const faultyShare = 0.15;
/** Of the others, those that are killed once at a chosen point. */
const pointShare = 0.75;
const restarts = 4;
const tellEvery = 25;

function numberOf(name: string, otherwise: number): number {
  const text = process.env[name];
  return text === undefined || text === '' ? otherwise : Number(text);
}

const startedMs = performance.now();

function say(line: string): void {
  const minutes = Math.floor((performance.now() - startedMs) / 60_000);
  process.stderr.write(`soak ${String(minutes).padStart(2)} min: ${line}\n`);
}

/** What was seen so far, on the page at once: a soak that is ended leaves what it knows. */
class Page {
  readonly #chapters = new Map<string, Chapter>();

  note(chapter: Chapter): void {
    this.#chapters.set(chapter.name, chapter);
    this.write('under way');
  }

  get chapters(): readonly Chapter[] {
    return [...this.#chapters.values()];
  }

  write(progress: Progress): void {
    const text = writeReport({
      chapters: this.chapters,
      seed,
      progress,
      processors: cpus().length,
      minutes: Math.ceil((performance.now() - startedMs) / 60_000),
      at: new Date(),
    });
    writeFileSync(join(import.meta.dirname, '../../docs/reliability.md'), text);
  }
}

async function main(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-soak-'));
  const page = new Page();
  const started: ControlPlanes[] = [];
  async function start(name: string, controllers: 'none' | 'kwok'): Promise<ControlPlanes> {
    const planes = await startControlPlanes({ names: [name], controllers, dir: join(dir, name), log: say });
    started.push(planes);
    return planes;
  }
  try {
    const planes = await start('soak', 'none');
    const idle = (await start('rest', 'kwok')).cluster('rest');
    // The agent of the idle cluster costs nothing, as it is to show, so the kills go on meanwhile.
    const rest = watchIdle(idle, idleMinutes, say).then((chapter) => page.note(chapter));
    const ended = await Promise.allSettled([runKills(planes, page), rest]);
    for (const part of ended) if (part.status === 'rejected') throw part.reason;
    const note = (chapter: Chapter): void => page.note(chapter);
    await playEdits(planes.cluster('soak'), { edits, seed, say, note });
  } finally {
    for (const planes of started) await planes.stop();
    rmSync(dir, { recursive: true, force: true });
  }
  page.write('whole');
  say('written to docs/reliability.md');
  process.exitCode = page.chapters.every((chapter) => chapter.failures.length === 0) ? 0 : 1;
}

async function runKills(planes: ControlPlanes, page: Page): Promise<void> {
  const rig = await openCrashRig(planes.cluster('soak'));
  try {
    const jobs = await planKills(rig, Math.round(runs * (1 - faultyShare)));
    await runChapter('killed around every write and at random moments', { rig, jobs, page });
    await runRestarts(planes, rig, page);
  } finally {
    await rig.close();
  }
  await runFaults(planes, Math.round(runs * faultyShare), page);
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

interface ChapterRun {
  readonly rig: CrashRig;
  readonly jobs: readonly Job[];
  readonly page: Page;
  /** What more there is to say of it by now. */
  readonly moreFigures?: () => readonly string[];
}

async function runChapter(
  name: string,
  { rig, jobs, page, moreFigures = () => [] }: ChapterRun,
): Promise<void> {
  say(`${jobs.length} runs ${name}`);
  const ended: Verdict[] = [];
  const note = (): void => {
    const deaths = ended.reduce((sum, verdict) => sum + verdict.deaths, 0);
    const count =
      ended.length === jobs.length ? `${jobs.length} runs` : `${ended.length} of ${jobs.length} runs`;
    page.note({
      name,
      figures: [count, `${deaths} deaths of the process`, ...moreFigures()],
      failures: [...ended.flatMap((verdict) => verdict.differences), ...rig.witness.problems],
    });
  };
  await rig.runAll(jobs, (verdict) => {
    ended.push(verdict);
    if (verdict.differences.length > 0) say(`${describeJob(verdict.job)}\n${verdict.differences.join('\n')}`);
    if (ended.length % tellEvery !== 0) return;
    say(`${ended.length} of ${jobs.length}`);
    note();
  });
  note();
}

async function runRestarts(planes: ControlPlanes, rig: CrashRig, page: Page): Promise<void> {
  const { apiServer } = planes.cluster('soak');
  const jobs = Array.from({ length: restarts * 5 }, (_, index) => ({
    scenario: scenarios[index % scenarios.length] as Job['scenario'],
    disturbances: [],
  }));
  let isOver = false;
  let times = 0;
  const restarting = (async () => {
    for (; times < restarts && !isOver; times += 1) await apiServer.restart();
  })();
  const moreFigures = () => [`${times} restarts`];
  await runChapter('while the API server restarts', { rig, jobs, page, moreFigures });
  isOver = true;
  await restarting;
}

async function runFaults(planes: ControlPlanes, count: number, page: Page): Promise<void> {
  const proxy = await openFaultProxy(planes.cluster('soak'));
  try {
    const rig = await openCrashRig(planes.cluster('soak'), proxy.access);
    try {
      for (const scenario of scenarios) await rig.undisturbed(scenario);
      const faults = beginRandomFaults(proxy, seed);
      const moreFigures = (): readonly string[] => {
        const kinds = [...faults.counts].sort().map(([kind, times]) => `${kind}: ${times}`);
        return [`faults: ${kinds.join(', ')}`];
      };
      try {
        const name = 'killed at random, while one request in ten and the watches fail';
        await runChapter(name, { rig, jobs: randomJobs(count, seed + 1), page, moreFigures });
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
