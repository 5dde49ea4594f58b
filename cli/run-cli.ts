import { AppError, formatError } from '../core/error.ts';

/**
 * Runs one command and gives its exit code: 0 done or equal, 1 error, 2 differs, 3 denied. An error is one line on
 * standard error.
 */
export async function runCli(args: readonly string[]): Promise<number> {
  process.stdout.on('error', endQuietly);
  const [first, ...rest] = args;
  try {
    if (first === 'hub') return await (await import('../hub/main.ts')).runHub(rest);
    if (first === 'agent') return await (await import('../agent/main.ts')).runAgent(rest);
    return await runCommand(args);
  } catch (caught) {
    return reportError(caught);
  }
}

async function runCommand(args: readonly string[]): Promise<number> {
  // Loaded on demand: a hub or an agent, which stays, would hold all commands in memory for nothing.
  const [{ CommanderError }, { createProgram }] = await Promise.all([
    import('commander'),
    import('./program.ts'),
  ]);
  let exitCode = 0;
  const program = createProgram((code) => {
    exitCode = code;
  });
  try {
    await program.parseAsync([...args], { from: 'user' });
    return exitCode;
  } catch (caught) {
    // Commander has printed its message already, or the help that was asked for.
    if (caught instanceof CommanderError) return caught.exitCode;
    throw caught;
  }
}

function reportError(caught: unknown): number {
  const error = AppError.from(caught);
  process.stderr.write(`fairlead: ${formatError(error)}\n`);
  if (error.code === 'internal' && process.env['FAIRLEAD_DEBUG']) console.error(caught);
  return error.code === 'denied' || error.code === 'unauthenticated' ? 3 : 1;
}

/** `fairlead app list | head` closes the pipe early; that is no error. */
function endQuietly(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
}
