import { once } from 'node:events';
import type { Command } from 'commander';
import { cleanText } from '../../core/clean-text.ts';
import { parseDuration } from '../../core/duration.ts';
import { AppError } from '../../core/error.ts';
import type { LogRecord } from '../../core/live-view.ts';
import { parseRef } from '../../core/object-ref.ts';
import { type Context, type Exit, openContext } from '../context.ts';

interface Options {
  readonly container?: string;
  readonly follow?: boolean;
  readonly previous?: boolean;
  readonly tail?: string;
  readonly since?: string;
}

export function addAppLogs(parent: Command, exit: Exit): void {
  parent
    .command('logs')
    .argument('<app>', 'name, cluster/name or namespace/name')
    .argument('[resource]', 'a pod, or what makes pods: KIND/NAME; all pods of the application if absent')
    .description('logs of its pods, read by the agent and kept nowhere')
    .option('-c, --container <name>', 'of this container; else the one that each pod names first')
    .option('-f, --follow', 'go on with what comes, until Ctrl-C')
    .option('-p, --previous', 'of the run before the last restart')
    .option('--tail <lines>', 'begin with so many lines of each container')
    .option('--since <time>', 'begin so long ago, such as 10m')
    .addHelpText(
      'after',
      '\nExit codes: 1 where the log broke off or lines were dropped on the way.\n\nExamples:\n  fairlead app logs prod/payments deploy/web --tail 100 -f\n  fairlead app logs payments pod/web-7d9c-x2 -c proxy --since 10m',
    )
    .action(async (key: string, resource: string | undefined, options: Options, command: Command) => {
      exit(await showLogs(await openContext(command), key, resource, options));
    });
}

async function showLogs(
  context: Context,
  key: string,
  resource: string | undefined,
  options: Options,
): Promise<number> {
  if (context.format === 'yaml') {
    throw new AppError('invalid', 'logs are printed as lines, or as one JSON record to a line', {
      remedy: 'Leave -o out, or use -o json',
    });
  }
  const object = resource === undefined ? undefined : await objectOf(context, key, resource);
  const query = { ...queryOf(options), ...(object === undefined ? {} : { object }) };
  const { readLogs } = await import('../client/read-logs.ts');
  const isPod = object !== undefined && parseRef(object)?.kind === 'Pod';
  const printer = new LinePrinter(context, isPod ? 'one-pod' : 'several');
  for await (const record of readLogs(context.settings, key, query)) await printer.print(record);
  return printer.dropped === 0 ? 0 : 1;
}

async function objectOf(context: Context, key: string, resource: string): Promise<string> {
  const { findObject } = await import('./find-object.ts');
  return findObject(context, key, resource);
}

function queryOf({ container, follow, previous, tail, since }: Options): Readonly<Record<string, string>> {
  return {
    ...(container === undefined ? {} : { container }),
    ...(follow === true ? { follow: 'true' } : {}),
    ...(previous === true ? { previous: 'true' } : {}),
    ...(tail === undefined ? {} : { tailLines: countOf(tail) }),
    ...(since === undefined ? {} : { sinceSeconds: secondsOf(since) }),
  };
}

function countOf(text: string): string {
  if (/^\d{1,6}$/.test(text)) return text;
  throw new AppError('invalid', `--tail must be a number of lines, not "${text}"`);
}

function secondsOf(text: string): string {
  const ms = parseDuration(text);
  if (ms !== undefined && ms >= 1000) return String(Math.ceil(ms / 1000));
  throw new AppError('invalid', `--since must be a time such as 30s, 10m or 2h, not "${text}"`);
}

/** Lines for people: whose they are stands before them, but where one pod was asked for by its name. */
class LinePrinter {
  readonly #context: Context;
  dropped = 0;

  readonly #subject: 'one-pod' | 'several';

  constructor(context: Context, subject: 'one-pod' | 'several') {
    this.#context = context;
    this.#subject = subject;
  }

  /** Resolves when the terminal, or the pipe, has room for more. */
  async print(record: Exclude<LogRecord, { type: 'error' }>): Promise<void> {
    if (record.type === 'dropped') this.dropped += record.lines;
    if (this.#context.format === 'json') return write(`${JSON.stringify(record)}\n`);
    switch (record.type) {
      case 'source':
        break;
      case 'line':
        await write(`${this.#prefix(record)}${cleanText(record.text)}\n`);
        break;
      case 'dropped':
        process.stderr.write(
          `fairlead: ${record.lines} lines of ${cleanText(record.pod)} came faster than they could be shown and are left out\n`,
        );
        break;
      case 'note':
        process.stderr.write(`fairlead: ${cleanText(record.message)}\n`);
        break;
    }
  }

  #prefix({ pod, container }: { readonly pod: string; readonly container: string }): string {
    return this.#subject === 'several' ? `${cleanText(pod)} ${cleanText(container)} | ` : '';
  }
}

async function write(text: string): Promise<void> {
  if (!process.stdout.write(text)) await once(process.stdout, 'drain');
}
