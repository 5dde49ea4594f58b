/** Where two values differ, leaf by leaf, as `ConfigMap/web.data.value should be "1" and is "2"`. */
export function differencesOf(wanted: unknown, found: unknown, path = ''): readonly string[] {
  if (Object.is(wanted, found)) return [];
  if (isRecord(wanted) && isRecord(found)) {
    const keys = new Set([...Object.keys(wanted), ...Object.keys(found)]);
    return [...keys].flatMap((key) =>
      differencesOf(wanted[key], found[key], path === '' ? key : `${path}.${key}`),
    );
  }
  return [`${path} should be ${shown(wanted)} and is ${shown(found)}`];
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

const shownAtMost = 300;

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'absent').slice(0, shownAtMost);
}
