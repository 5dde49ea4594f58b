import { cleanValue } from '../../core/clean-text.ts';
import { type Json, writeJson } from '../../core/json.ts';

export type Format = 'table' | 'json' | 'yaml';

/** A value in the format that was asked for; `table` is what `render` makes of it, safe for a terminal. */
export async function formatValue<T>(
  value: T,
  format: Format,
  render: (value: T) => string,
): Promise<string> {
  if (format === 'table') return render(cleanValue(value));
  if (format === 'json') return writeJson(value as Json, 2);
  const { stringify } = await import('yaml');
  return stringify(value, { lineWidth: 0 }).trimEnd();
}
