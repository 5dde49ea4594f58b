import { SemVer } from 'semver';

/** A version as it is published, and as it compares. */
export interface Version {
  readonly text: string;
  readonly value: SemVer;
}

type Operator = '=' | '!=' | '>' | '<' | '>=' | '<=' | '~' | '^';

/** One comparison. `given` says how many of its numbers were written: 0 for `*`, 1 for `1` and `1.x`, 2 for `1.2`, else 3. */
interface Comparison {
  readonly operator: Operator;
  readonly version: SemVer;
  readonly given: 0 | 1 | 2 | 3;
}

/** Alternatives (`||`), each a list of comparisons that hold together. */
export type VersionRange = readonly (readonly Comparison[])[];

const suffix = String.raw`(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?`;
const number = String.raw`(\d{1,15})`;
const wild = String.raw`(\d{1,15}|[xX*])`;
const versionForm = new RegExp(String.raw`^v?${number}(?:\.${number})?(?:\.${number})?${suffix}$`, 'u');
const comparisonForm = new RegExp(
  String.raw`\s*(!=|>=|=>|<=|=<|~>|[=><~^]?)\s*(v?${wild}(?:\.${wild})?(?:\.${wild})?${suffix})(?:[\s,]+|$)`,
  'uy',
);
const hyphenForm = /(^|\s|,)(v?[\dxX*][^\s,|]*)\s+-\s+(v?[\dxX*][^\s,|]*)/gu;

const sameAs: Readonly<Record<string, Operator>> = { '': '=', '=>': '>=', '=<': '<=', '~>': '~' };

/** A version as tags and charts carry it: `v1.2.3`, `1.2`, with pre-release and build; `undefined` for anything else. */
export function parseVersion(text: string): Version | undefined {
  const [, major, minor = '0', patch = '0', pre] = versionForm.exec(text) ?? [];
  if (major === undefined) return undefined;
  const value = toSemVer(major, minor, patch, pre);
  return value === undefined ? undefined : { text, value };
}

/**
 * A range of versions in the grammar of Argo CD and Helm (github.com/Masterminds/semver v3): `1.x`, `^1.2`, `~1.2.3`,
 * `>=1.0 <2.0`, `1.2 - 1.4`, with `,` or a space for and, `||` for or. `undefined` where it's none; a version is no
 * range, since it names itself.
 */
export function parseVersionRange(text: string): VersionRange | undefined {
  if (text.length > 256 || parseVersion(text.trim()) !== undefined) return undefined;
  const alternatives = text.replaceAll(hyphenForm, '$1>=$2 <=$3').split('||').map(parseComparisons);
  return alternatives.some((each) => each === undefined) ? undefined : (alternatives as VersionRange);
}

function parseComparisons(text: string): readonly Comparison[] | undefined {
  const comparisons: Comparison[] = [];
  const trimmed = text.trim();
  comparisonForm.lastIndex = 0;
  while (comparisonForm.lastIndex < trimmed.length) {
    const found = comparisonForm.exec(trimmed);
    if (found === null) return undefined;
    const comparison = toComparison(found);
    if (comparison === undefined) return undefined;
    comparisons.push(comparison);
  }
  return comparisons.length === 0 ? undefined : comparisons;
}

function toComparison(found: readonly (string | undefined)[]): Comparison | undefined {
  const [, operator = '', , major, minor, patch, pre] = found;
  const wild = [major, minor, patch].findIndex(isWild);
  const given = wild < 0 ? 3 : (wild as 0 | 1 | 2);
  const [first, second, third] = [major, minor, patch].map((part, index) => (index < given ? part : '0'));
  const version = toSemVer(first ?? '0', second ?? '0', third ?? '0', pre);
  return version && { operator: sameAs[operator] ?? (operator as Operator), version, given };
}

function isWild(part: string | undefined): boolean {
  return part === undefined || /^[xX*]$/u.test(part);
}

function toSemVer(major: string, minor: string, patch: string, pre: string | undefined): SemVer | undefined {
  try {
    const numbers = [major, minor, patch].map((each) => String(Number(each))).join('.');
    return new SemVer(pre === undefined ? numbers : `${numbers}-${pre}`);
  } catch {
    // Such as a pre-release number with a leading zero.
    return undefined;
  }
}

/** Pre-releases count only in alternatives that name one themselves. */
function isInRange({ value }: Version, range: VersionRange): boolean {
  return range.some((comparisons) => {
    const takesPre = comparisons.some(({ version }) => version.prerelease.length > 0);
    if (value.prerelease.length > 0 && !takesPre) return false;
    return comparisons.every((comparison) => holds(value, comparison));
  });
}

/** The newest of the versions in a range, as it is written; what isn't a version is passed over. */
export function newestInRange(texts: Iterable<string>, range: VersionRange): string | undefined {
  let newest: Version | undefined;
  for (const text of texts) {
    const version = parseVersion(text);
    if (version === undefined || !isInRange(version, range)) continue;
    if (newest === undefined || version.value.compare(newest.value) > 0) newest = version;
  }
  return newest?.text;
}

function holds(value: SemVer, { operator, version, given }: Comparison): boolean {
  switch (operator) {
    case '=':
      return given === 3 ? value.compare(version) === 0 : isNear(value, version, given);
    case '!=':
      return given === 3 ? value.compare(version) !== 0 : given > 0 && !isBeside(value, version, given);
    case '>':
      return given === 3 ? value.compare(version) > 0 : isAbove(value, version, given);
    case '<':
      return value.compare(version) < 0;
    case '>=':
      return value.compare(version) >= 0;
    case '<=':
      return given === 3 ? value.compare(version) <= 0 : !isAbove(value, version, given);
    case '~':
      return isNear(value, version, given);
    case '^':
      return isCompatible(value, version, given);
  }
}

/** Whether the numbers that were written are equal. */
function isBeside(value: SemVer, version: SemVer, given: number): boolean {
  return (
    (given < 1 || value.major === version.major) &&
    (given < 2 || value.minor === version.minor) &&
    (given < 3 || value.patch === version.patch)
  );
}

/** `~1.2.3`: from there to the next minor version; `~1` to the next major one. `~0.0.0` and `*` are everything. */
function isNear(value: SemVer, version: SemVer, given: number): boolean {
  if (value.compare(version) < 0) return false;
  if (given === 3 && version.major + version.minor + version.patch === 0) return true;
  return isBeside(value, version, Math.min(given, 2));
}

/** `>11` begins at 12, and `>11.1` at 11.2. */
function isAbove(value: SemVer, version: SemVer, given: number): boolean {
  if (given === 0) return false;
  if (value.major !== version.major) return value.major > version.major;
  return given > 1 && value.minor > version.minor;
}

/** `^1.2.3`: to the next version whose first number that isn't 0 is another. */
function isCompatible(value: SemVer, version: SemVer, given: number): boolean {
  if (value.compare(version) < 0) return false;
  if (given === 0) return true;
  if (version.major > 0 || given === 1) return value.major === version.major;
  if (version.minor > 0 || given === 2) return isBeside(value, version, 2);
  return isBeside(value, version, 3);
}
