import type { Finding } from './finding.ts';
import { isAt, layerOf } from './layers.ts';
import { BANNED_EVERYWHERE, BANNED_IN_PURE, type BannedText } from './rules.ts';
import {
  EXEMPT_FROM_BANS,
  FILE_NAME,
  FOLDER_NAME,
  GENERATED,
  LINE_LIMITS,
  LONG_FILE_REASON,
} from './shape-rules.ts';
import type { SourceFile } from './source-file.ts';

/** Finds clocks, chance and effects in pure files. */
export function checkPurity(file: SourceFile): readonly Finding[] {
  return layerOf(file.path)?.pure ? findBanned(file, BANNED_IN_PURE) : [];
}

/** Finds what no file may hold. */
export function checkBans(file: SourceFile): readonly Finding[] {
  return isGenerated(file) || EXEMPT_FROM_BANS.includes(file.path) ? [] : findBanned(file, BANNED_EVERYWHERE);
}

/** Finds files that are too long or misnamed. */
export function checkShape(file: SourceFile): readonly Finding[] {
  return isGenerated(file) ? [] : [...checkLength(file), ...checkName(file)];
}

function isGenerated(file: SourceFile): boolean {
  return GENERATED.some((place) => isAt(file.path, place));
}

function findBanned(file: SourceFile, banned: readonly BannedText[]): readonly Finding[] {
  return banned.flatMap(({ name, pattern, why, instead }) => {
    const match = pattern.exec(file.bare);
    if (match === null) return [];
    const start = match.index + match[0].search(/\S/);
    const line = file.bare.slice(0, start).split('\n').length;
    return [{ file: file.path, line, what: `uses ${name}`, why, instead }];
  });
}

function checkLength(file: SourceFile): readonly Finding[] {
  const limit = LINE_LIMITS.find((each) => each.files.test(file.path));
  if (limit === undefined || file.lines <= limit.lines || LONG_FILE_REASON.test(file.firstComment)) return [];
  const what = `has ${file.lines} lines, ${limit.lines} are the limit`;
  return [{ file: file.path, what, why: limit.why, instead: limit.instead }];
}

function checkName(file: SourceFile): readonly Finding[] {
  const parts = file.path.split('/');
  const name = parts.pop() ?? '';
  const wrong = [...parts.filter((part) => !FOLDER_NAME.test(part)), ...(FILE_NAME.test(name) ? [] : [name])];
  const why =
    'one spelling of names: kebab-case works on every file system and is what one types in a search';
  return wrong.map((part) => ({
    file: file.path,
    what: `has ${part} in its path`,
    why,
    instead: 'use-kebab-case.ts',
  }));
}
