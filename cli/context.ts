import type { Command } from 'commander';
import type { Viewer } from '../core/time-text.ts';
import type { Client } from './client/open-client.ts';
import { localViewer } from './output/moment.ts';
import type { Format } from './output/print-value.ts';
import { type Style, styleOf } from './output/style.ts';
import { readSettings, type Settings } from './settings.ts';

/** How output was asked for, and where it goes. */
export interface Printer {
  readonly format: Format;
  readonly style: Style;
}

/** What a command may use: the hub and the terminal. */
export interface Context extends Printer {
  readonly settings: Settings;
  readonly client: Client;
  readonly watch: boolean;
  viewer(): Viewer;
  /** A line for people, on standard error, only where somebody may be reading it. */
  note(text: string): void;
}

/** Options that every command takes. */
interface GlobalOptions {
  readonly server?: string;
  readonly token?: string;
  readonly output: Format;
  readonly watch?: boolean;
}

/** For commands that ask no hub. */
export function openPrinter(command: Command): Printer {
  const { output } = command.optsWithGlobals<GlobalOptions>();
  return { format: output, style: styleOf(process.stdout, process.env) };
}

/** Where the hub is, as options, environment and configuration file say. */
export function openSettings(command: Command): Promise<Settings> {
  return readSettings(command.optsWithGlobals<GlobalOptions>(), process.env);
}

export async function openContext(command: Command): Promise<Context> {
  const options = command.optsWithGlobals<GlobalOptions>();
  const settings = await openSettings(command);
  const { openClient } = await import('./client/open-client.ts');
  return {
    settings,
    client: openClient(settings),
    ...openPrinter(command),
    watch: options.watch === true,
    viewer: localViewer,
    note: (text) => {
      if (process.stderr.isTTY) process.stderr.write(`${text}\n`);
    },
  };
}

/** Something to read and show, once or live. */
export interface View<T> {
  read(): Promise<T>;
  render(value: T): string;
}

/** Tells the exit code of a command that ended otherwise than by 0 or an error. */
export type Exit = (code: number) => void;
