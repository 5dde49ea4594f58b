import { expect, test } from 'vitest';
import { runOrThrow } from '../../scripts/run.ts';

// TypeScript 6 is installed too, for tools that need its compiler API.
test('tsc is TypeScript 7, and programs run on Node 24', async () => {
  expect(await runOrThrow(['tsc', '--version'])).toMatch(/^Version 7\./);
  expect(await runOrThrow(['node', '--version'])).toMatch(/^v24\./);
});

test('a program that fails is shown with what it wrote', async () => {
  const failing = runOrThrow(['node', '--eval', 'console.error("no luck"); process.exit(3)']);
  await expect(failing).rejects.toThrow(/failed \(3\)\nno luck$/);
  await expect(runOrThrow(['no-such-program'])).rejects.toThrow('failed (127)');
});
