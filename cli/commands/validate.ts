import type { Command } from 'commander';
import { formatLocation, formatProblem } from '../../core/problem.ts';
import type { ValidatedApplication, Validation } from '../../hub/validate.ts';
import { type Exit, openPrinter } from '../context.ts';
import { heading, type Style } from '../output/style.ts';
import { print } from '../show.ts';

interface Options {
  readonly repo?: string;
  readonly fleetPath?: string;
  readonly protectedPath?: string;
  readonly base?: string;
  readonly notificationSecrets?: string;
}

export function addValidate(parent: Command, exit: Exit): void {
  parent
    .command('validate')
    .argument('<dir>', 'working directory of a fleet repository')
    .description(
      'read, resolve and render a fleet repository as the hub would, without hub, cluster or network',
    )
    .option('--repo <url>', 'its URL in the documents; else its remote origin')
    .option('--fleet-path <path>', 'the folder of the catalog in it; else its root')
    .option('--protected-path <path>', 'where projects and clusters count, below the fleet path (fleet)')
    .option('--base <dir>', 'working directory of the base of a pull request: its rules count instead')
    .option('--notification-secrets <dir>', "the hub's folder of secrets: are all there that are named?")
    .addHelpText(
      'after',
      '\nExit codes: 0 all is well, 1 problems, 2 refusals only.\n\nExamples:\n  fairlead validate .\n  git worktree add ../base origin/main && fairlead validate . --base ../base',
    )
    .action(async (dir: string, options: Options, command: Command) => {
      exit(await validate(command, dir, options));
    });
}

async function validate(command: Command, dir: string, options: Options): Promise<number> {
  const { runValidate } = await import('../../hub/validate.ts');
  const printer = openPrinter(command);
  const given = {
    dir,
    ...(options.repo === undefined ? {} : { repoURL: options.repo }),
    ...(options.fleetPath === undefined ? {} : { fleetPath: options.fleetPath }),
    ...(options.protectedPath === undefined ? {} : { protectedPath: options.protectedPath }),
    ...(options.base === undefined ? {} : { baseDir: options.base }),
    ...(options.notificationSecrets === undefined
      ? {}
      : { notificationSecrets: options.notificationSecrets }),
  };
  const result = await runValidate(given);
  await print(printer, result, (value) => renderValidation(value, printer.style));
  if (result.problems.length > 0 || countOf(result, 'problems') > 0) return 1;
  return countOf(result, 'refused') > 0 ? 2 : 0;
}

function countOf(validation: Validation, type: ValidatedApplication['result']['type']): number {
  return validation.applications.filter((application) => application.result.type === type).length;
}

function renderValidation(validation: Validation, style: Style): string {
  const { applications } = validation;
  const parts = [
    section(style, 'Problems', validation.problems.map(formatProblem)),
    section(style, 'Applications', applications.map(describe)),
    section(style, 'Findings', validation.findings.map(formatProblem)),
    [
      `${applications.length} applications: ${countOf(validation, 'rendered')} render`,
      `${countOf(validation, 'refused')} refused`,
      `${countOf(validation, 'problems')} with problems`,
      `${countOf(validation, 'not-checked')} from other repositories, not checked`,
    ].join(', '),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

function describe({ application, cluster, result }: ValidatedApplication): string {
  const name = cluster === undefined ? application : `${application} on ${cluster}`;
  if (result.type === 'rendered')
    return `ok    ${name}: ${result.objects} object${result.objects === 1 ? '' : 's'}`;
  if (result.type === 'not-checked') return `-     ${name}: its source is ${result.repoURL}`;
  if (result.type === 'problems')
    return `fail  ${name}: ${result.problems.map(formatProblem).join('\n      ')}`;
  const { gate } = result;
  const where = gate.location === undefined ? '' : ` (${formatLocation(gate.location)})`;
  return `no    ${name} refused: ${gate.reason}${where}. ${gate.remedy}`;
}

function section(style: Style, title: string, lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return [heading(style, title), ...lines.map((line) => `  ${line.replaceAll('\n', '\n  ')}`)].join('\n');
}
