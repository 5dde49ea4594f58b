import { runDemo } from './run-demo.ts';
import { openTerminal } from './terminal.ts';

const code = await runDemo(process.env, openTerminal(process.stdout, process.env));
// What was interrupted while it started would go on.
process.exit(code);
