import { existsSync } from 'node:fs';
import { chmod, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './run.ts';

// The web UI knows by itself whether it is up to date.
const old = existsSync('dist') ? (await readdir('dist')).filter((name) => name !== 'web') : [];
for (const name of old) await rm(join('dist', name), { recursive: true, force: true });
const compiled = await run(['tsc', '-p', 'tsconfig.build.json'], { output: 'show' });
const command = 'dist/cli/main.js';
if (existsSync(command)) await chmod(command, 0o755);
const web = await run(['node', 'scripts/build-web.ts'], { output: 'show' });
const code = compiled.code || web.code;
console.log(code === 0 ? 'dist/ is built' : 'dist/ is incomplete: the compiler found errors');
process.exitCode = code;
