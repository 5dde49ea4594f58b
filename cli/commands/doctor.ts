import type { Command } from 'commander';
import { type Exit, openPrinter, openSettings } from '../context.ts';
import type { Check } from '../doctor/check.ts';
import { paint, type Style } from '../output/style.ts';
import { formatTable } from '../output/table.ts';
import { print } from '../show.ts';

export function addDoctor(parent: Command, exit: Exit): void {
  parent
    .command('doctor')
    .description('try everything between here and the clusters; say what is wrong and what to do')
    .addHelpText('after', '\nExits with 1 if anything fails.\n\nExample:\n  fairlead doctor')
    .action(async (_options: unknown, command: Command) => exit(await runDoctor(command)));
}

async function runDoctor(command: Command): Promise<number> {
  const { checkAll } = await import('../doctor/check-all.ts');
  const printer = openPrinter(command);
  const checks = await checkAll(() => openSettings(command));
  await print(printer, checks, (list) => renderChecks(list, printer.style));
  return checks.some((check) => check.status === 'fail') ? 1 : 0;
}

const colours = { ok: 'green', warn: 'yellow', fail: 'red' } as const;

function renderChecks(checks: readonly Check[], style: Style): string {
  const rows = checks.map(({ status, name, message, remedy }) => [
    paint(style, colours[status], status),
    name,
    remedy === undefined ? message : `${message}. ${remedy}`,
  ]);
  return formatTable(['', 'CHECK', 'RESULT'], rows, style);
}
