import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkCycles } from './check-cycles.ts';
import { checkLayers } from './check-layers.ts';
import { checkPackages } from './check-packages.ts';
import { checkBans, checkPurity, checkShape } from './check-text.ts';
import { type Finding, formatFindings } from './finding.ts';
import { PACKAGE_OWNERS } from './package-owners.ts';
import { type SourceFile, scanSource } from './source-file.ts';

const root = join(import.meta.dirname, '../..');
const FOLDERS = ['agent', 'bench', 'cli', 'core', 'demo', 'hub', 'proto', 'scripts', 'test', 'web'];
const NO_SOURCE = ['node_modules', 'dist'];

function readFolder(folder: string): readonly SourceFile[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return NO_SOURCE.includes(entry.name) ? [] : readFolder(path);
    if (!/\.tsx?$/.test(entry.name)) return [];
    return [scanSource(relative(root, path), readFileSync(path, 'utf8'))];
  });
}

const present = readdirSync(root).filter((name) => FOLDERS.includes(name));
const files = present.flatMap((folder) => readFolder(join(root, folder)));

function expectNone(findings: readonly Finding[]): void {
  expect(formatFindings(findings)).toBe('');
}

describe('the repository', () => {
  test('layers import only what lies upstream', () => {
    expectNone(files.flatMap(checkLayers));
  });

  test('each package is used by its owner only', () => {
    expectNone(files.flatMap(checkPackages));
  });

  test('each package with an owner is installed', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    // What pages are made of is built in: it isn't installed with the product.
    const installed = { ...dependencies, ...devDependencies };
    expect(PACKAGE_OWNERS.map((each) => each.package).filter((name) => !(name in installed))).toEqual([]);
  });

  test('pure folders know no clock, no chance and no effect', () => {
    expectNone(files.flatMap(checkPurity));
  });

  test('no file holds what is banned everywhere', () => {
    expectNone(files.flatMap(checkBans));
  });

  test('files are short and named in kebab-case', () => {
    expectNone(files.flatMap(checkShape));
  });

  test('no files import each other in a circle', () => {
    expectNone(checkCycles(files));
  });
});
