import { existsSync } from 'node:fs';
import { chmod, rm } from 'node:fs/promises';
import { run } from './run.ts';

await rm('dist', { recursive: true, force: true });
const { code } = await run(['tsc', '-p', 'tsconfig.build.json'], { output: 'show' });
const command = 'dist/cli/main.js';
if (existsSync(command)) await chmod(command, 0o755);
console.log(code === 0 ? 'dist/ is built' : 'dist/ is incomplete: the compiler found errors');
process.exitCode = code;
