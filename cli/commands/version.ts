import type { Command } from 'commander';
import { supportedProtocol } from '../../core/session.ts';
import { version } from '../../core/version.ts';
import { openPrinter } from '../context.ts';
import { print } from '../show.ts';

export function addVersion(parent: Command): void {
  parent
    .command('version')
    .description('the version of this command (doctor compares it with the hub)')
    .action(async (_options: unknown, command: Command) => {
      const value = { version, node: process.version, sessionProtocol: supportedProtocol };
      await print(openPrinter(command), value, () => `fairlead ${version} (Node ${process.version})`);
    });
}
