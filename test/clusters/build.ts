import { ensureBinaries } from './binaries.ts';
import { binaryNames } from './versions.ts';

/** Gets every program that the tests of real control planes need, and says where each is. */
async function main(): Promise<void> {
  const binaries = await ensureBinaries(binaryNames, { log: (line) => console.error(line) });
  const rows = binaryNames.map((name) => [
    name,
    binaries[name].version,
    binaries[name].from,
    binaries[name].path,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of rows) {
    console.log(row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '));
  }
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
