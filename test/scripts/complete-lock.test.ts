import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { completeLock, type LockFile, missingPlatforms } from '../../scripts/complete-lock.ts';

const root = join(import.meta.dirname, '../..');
const lock: LockFile = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

describe('package-lock.json', () => {
  test('names the packages of every platform, or npm ci fails elsewhere: run `node scripts/complete-lock.ts`', () => {
    expect([...missingPlatforms(lock).keys()]).toEqual([]);
  });

  test('names no registry, so that everyone installs from their own', () => {
    expect(Object.entries(lock.packages).filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
  });

  test('agrees with package.json', () => {
    expect(lock.packages['']).toMatchObject({
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
    });
  });
});

test('package.json pins exact versions', () => {
  const versions = Object.values<string>({ ...manifest.dependencies, ...manifest.devDependencies });
  expect(versions.filter((version) => !/^(?:npm:[@a-z/0-9-]+@)?\d+\.\d+\.\d+$/.test(version))).toEqual([]);
});

describe('completing a lock file', () => {
  const tool = {
    version: '1.2.3',
    dev: true,
    optionalDependencies: {
      '@tool/cli-linux-x64': '1.2.3',
      '@tool/cli-linux-x64-musl': '1.2.3',
      'tool-win32-ia32': '1.2.3',
    },
  };
  const incomplete: LockFile = {
    packages: { 'node_modules/tool': tool, 'node_modules/@tool/cli-linux-x64': { version: '1.2.3' } },
  };

  test('adds what is missing, with the platform that its name tells, in npm’s order', () => {
    expect(Object.entries(completeLock(incomplete).packages)).toEqual([
      ['node_modules/@tool/cli-linux-x64', { version: '1.2.3' }],
      [
        'node_modules/@tool/cli-linux-x64-musl',
        { version: '1.2.3', cpu: ['x64'], dev: true, libc: ['musl'], optional: true, os: ['linux'] },
      ],
      ['node_modules/tool', tool],
      [
        'node_modules/tool-win32-ia32',
        { version: '1.2.3', cpu: ['ia32'], dev: true, optional: true, os: ['win32'] },
      ],
    ]);
  });

  test('has nothing to add the second time', () => {
    expect(missingPlatforms(completeLock(incomplete)).size).toBe(0);
  });

  test('refuses to guess', () => {
    const packages = { 'node_modules/tool': { optionalDependencies: { speedup: '1.0.0' } } };
    expect(() => completeLock({ packages })).toThrow('speedup: no platform in its name');
  });
});
