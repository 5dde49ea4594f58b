import { cpSync, existsSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { paint } from '../cli/output/style.ts';
import { AppError, formatError } from '../core/error.ts';
import { Closers } from './closers.ts';
import { parseContexts } from './context-clusters.ts';
import { showInvitation } from './invitation.ts';
import { steps } from './story.ts';
import type { Terminal } from './terminal.ts';
import { StepFailure } from './wait-for.ts';
import { lastTroubles, openWorld, type World } from './world.ts';

/** Tells the story and answers the exit code. Whatever happens, what was started is stopped and removed. */
export async function runDemo(environment: NodeJS.ProcessEnv, terminal: Terminal): Promise<number> {
  const closers = new Closers();
  const interrupted = new Promise<'interrupted'>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => resolve('interrupted'));
    }
  });
  const told = tell(environment, terminal, closers);
  const outcome = await Promise.race([told, interrupted]);
  if (outcome === 'told' && !environment['DEMO_EXIT']) await interrupted;
  const stopped = await stop(terminal, closers);
  if (outcome === 'interrupted') return 130;
  return outcome === 'told' && stopped ? 0 : 1;
}

async function tell(
  environment: NodeJS.ProcessEnv,
  terminal: Terminal,
  closers: Closers,
): Promise<'told' | 'failed'> {
  let world: World | undefined;
  try {
    const contexts = environment['CONTEXTS'] ? parseContexts(environment['CONTEXTS']) : undefined;
    world = await start(contexts, terminal, closers);
    await runSteps(world, terminal);
    if (!environment['DEMO_EXIT']) showInvitation(world, terminal);
    return 'told';
  } catch (error) {
    // What is being stopped fails, and that is no news.
    if (!closers.isClosing) showFailure(error, world, terminal);
    return 'failed';
  }
}

async function start(
  contexts: readonly string[] | undefined,
  terminal: Terminal,
  closers: Closers,
): Promise<World> {
  const running = terminal.begin('Three clusters, a Git server and a hub');
  try {
    const world = await openWorld({ ...(contexts ? { contexts } : {}), show: running.update }, closers);
    running.done([
      `UI       ${world.hub.api}  (sign in with the token ${world.hub.token})`,
      ...world.clusters.map(
        ({ name, context, kubeconfig }) =>
          `${name.padEnd(8)} ${kubeconfig === undefined ? `context ${context}` : `kubeconfig ${kubeconfig}`}`,
      ),
      `Git      ${world.repository.url}`,
      `hub      ${world.hub.api}`,
    ]);
    return world;
  } catch (error) {
    running.failed();
    throw error;
  }
}

async function runSteps(world: World, terminal: Terminal): Promise<void> {
  const commits = new Map();
  const rows: string[][] = [];
  for (const { title, run } of steps) {
    const running = terminal.begin(title);
    try {
      const { seen, lines } = await run({ world, show: running.update, commits });
      const ms = running.done(lines);
      rows.push([String(rows.length + 1), title, `${(ms / 1000).toFixed(2)} s`, seen]);
    } catch (error) {
      running.failed();
      throw error;
    }
  }
  terminal.line();
  terminal.table(['', 'STEP', 'TIME', 'SEEN'], rows);
  terminal.line();
  terminal.line(paint(terminal.style, 'green', 'demo: ok'));
}

function showFailure(error: unknown, world: World | undefined, terminal: Terminal): void {
  if (error instanceof StepFailure) {
    terminal.line(`  expected  ${error.expected}`);
    terminal.line(`  seen      ${error.seen}`);
  } else {
    terminal.line(`  ${error instanceof AppError ? formatError(error) : (error as Error).message}`);
  }
  if (world && existsSync(world.logs)) {
    const kept = mkdtempSync(join(tmpdir(), 'fairlead-demo-logs-'));
    cpSync(world.logs, kept, { recursive: true });
    terminal.line();
    terminal.line(lastTroubles(world.logs));
    terminal.line(`All logs are kept in ${kept}`);
  }
  terminal.line(paint(terminal.style, 'red', 'demo: failed'));
}

async function stop(terminal: Terminal, closers: Closers): Promise<boolean> {
  const running = terminal.begin('Stopping');
  try {
    await closers.close();
    running.done([]);
    return true;
  } catch (error) {
    running.failed();
    terminal.line(`  ${(error as Error).message}`);
    return false;
  }
}
