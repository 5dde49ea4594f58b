import { parseDuration } from '../core/duration.ts';
import type { AppError } from '../core/error.ts';
import { isGlob, isWildcard } from '../core/glob.ts';
import { defaultMaxHoldMs, type Guard } from '../core/guard.ts';

type GuardSetting =
  | 'namespaces'
  | 'cluster-scoped'
  | 'allow-kinds'
  | 'deny-kinds'
  | 'observe-only'
  | 'dry-run'
  | 'max-prune'
  | 'max-hold'
  | 'logs';

type RawGuard = Readonly<Partial<Record<GuardSetting, string>>>;

/** Makes the error of a setting that is wrong. */
type Invalid = (setting: GuardSetting, why: string) => AppError;

/** Checks the settings of the guard and fills in defaults. A list that names nothing is a mistake, not a wish for all. */
export function readGuard(raw: RawGuard, invalid: Invalid): Guard {
  const namespaces = readList(raw, 'namespaces')?.map((pattern) => checkNamespace(pattern, invalid));
  const allow = readList(raw, 'allow-kinds')?.map((pattern) => checkKind('allow-kinds', pattern, invalid));
  const deny = readList(raw, 'deny-kinds')?.map((pattern) => checkKind('deny-kinds', pattern, invalid));
  const maxPrune = readMaxPrune(raw['max-prune'], invalid);
  const isScoped = namespaces !== undefined;
  const clusterScoped = readBoolean(raw, 'cluster-scoped', isScoped ? 'false' : 'true', invalid);
  const observeOnly = readBoolean(raw, 'observe-only', 'false', invalid);
  const dryRun = readBoolean(raw, 'dry-run', 'false', invalid);
  if (dryRun === 'true' && observeOnly === 'false')
    throw invalid(
      'dry-run',
      'means something only to an agent that observes only: one that writes asks by dry-runs anyway',
    );
  const logs = readBoolean(raw, 'logs', 'true', invalid);
  return {
    ...(namespaces === undefined ? {} : { namespaces }),
    clusterScoped: clusterScoped === 'true' ? 'allowed' : 'never',
    kinds: { ...(allow === undefined ? {} : { allow }), deny: deny ?? [] },
    writes: observeOnly === 'true' ? 'never' : 'allowed',
    ...(dryRun === 'true' ? { dryRuns: 'allowed' } : {}),
    ...(maxPrune === undefined ? {} : { maxPrune }),
    maxHoldMs: readMaxHold(raw['max-hold'], invalid),
    ...(logs === 'true' ? {} : { logs: 'never' }),
  };
}

function readList(raw: RawGuard, setting: GuardSetting): readonly string[] | undefined {
  return raw[setting]?.split(',').map((entry) => entry.trim());
}

function checkNamespace(pattern: string, invalid: Invalid): string {
  const isName = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(pattern);
  if (isName || (isWildcard(pattern) && isGlob(pattern, 'name') && !/[A-Z\s]/.test(pattern))) return pattern;
  throw invalid(
    'namespaces',
    `must be names of namespaces (a-z, 0-9 and -) or patterns such as team-*, not "${pattern}"`,
  );
}

function checkKind(setting: GuardSetting, pattern: string, invalid: Invalid): string {
  const parts = pattern.split('/');
  const [group, kind] = parts.length === 2 ? parts : ['', parts[0]];
  const isWellFormed =
    parts.length <= 2 &&
    kind !== undefined &&
    kind !== '' &&
    isGlob(kind, 'kind') &&
    isGlob(group ?? '', 'kind');
  if (isWellFormed && !/\s/.test(pattern)) return pattern;
  throw invalid(setting, `must be kinds such as Secret, apps/Deployment or batch/*, not "${pattern}"`);
}

function readBoolean(
  raw: RawGuard,
  setting: GuardSetting,
  byDefault: 'true' | 'false',
  invalid: Invalid,
): 'true' | 'false' {
  const text = raw[setting] ?? byDefault;
  if (text === 'true' || text === 'false') return text;
  throw invalid(setting, `must be true or false, not "${text}"`);
}

function readMaxPrune(text: string | undefined, invalid: Invalid): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,7}$/.test(text)) return Number(text);
  throw invalid('max-prune', `must be a number of objects, not "${text}"`);
}

function readMaxHold(text: string | undefined, invalid: Invalid): number {
  if (text === undefined) return defaultMaxHoldMs;
  const ms = parseDuration(text);
  if (ms !== undefined) return ms;
  throw invalid('max-hold', `must be a duration such as 90m, 4h or 0s, not "${text}"`);
}
