/**
 * Adds the packages of other platforms to package-lock.json.
 *
 * npm leaves an optional platform package out of the lock file when the registry it was made with doesn't have
 * it (mirrors often carry one platform only), and `npm ci` then refuses the lock file on every registry that
 * does. An entry without an integrity hash is enough: npm on that platform fetches exactly this version.
 */
import { readFileSync, writeFileSync } from 'node:fs';

export interface LockEntry {
  readonly version?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
  readonly os?: readonly string[];
  readonly cpu?: readonly string[];
  readonly libc?: readonly string[];
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

export interface LockFile {
  readonly packages: Readonly<Record<string, LockEntry>>;
}

const SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const PROCESSORS = [
  'arm',
  'arm64',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'wasm32',
  'x64',
];

/** The lock entries that are missing, by their path in the lock file; empty when the lock file is complete. */
export function missingPlatforms(lock: LockFile): ReadonlyMap<string, LockEntry> {
  const missing = new Map<string, LockEntry>();
  for (const [owner, entry] of Object.entries(lock.packages)) {
    for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
      const path = `node_modules/${name}`;
      if (path in lock.packages || `${owner}/${path}` in lock.packages) continue;
      missing.set(path, platformEntry(name, version, entry));
    }
  }
  return missing;
}

/** Platform packages carry their platform in their name only (`…-linux-x64-musl`): there is no manifest to ask. */
function platformEntry(name: string, version: string, owner: LockEntry): LockEntry {
  const words = name
    .replace('armv7', 'arm')
    .split(/[^a-z0-9]+/)
    .map((word) => word.replace(/^musl.*/, 'musl'));
  const os = SYSTEMS.filter((system) => words.includes(system));
  const cpu = PROCESSORS.filter((processor) => words.includes(processor));
  if (os.length === 0 && cpu.length === 0)
    throw new Error(`${name}: no platform in its name; install it from a registry that has it`);
  return {
    version,
    ...(cpu.length > 0 && { cpu }),
    ...(owner.dev && { dev: true }),
    ...(words.includes('musl') && { libc: ['musl'] }),
    optional: true,
    ...(os.length > 0 && { os }),
  };
}

export function completeLock(lock: LockFile): LockFile {
  const packages = Object.entries({ ...lock.packages, ...Object.fromEntries(missingPlatforms(lock)) });
  packages.sort(([left], [right]) => left.localeCompare(right, 'en'));
  return { ...lock, packages: Object.fromEntries(packages) };
}

if (import.meta.main) {
  const lock: LockFile = JSON.parse(readFileSync('package-lock.json', 'utf8'));
  const count = missingPlatforms(lock).size;
  if (count > 0) writeFileSync('package-lock.json', `${JSON.stringify(completeLock(lock), null, 2)}\n`);
  console.log(`package-lock.json: ${count} platform packages added`);
}
