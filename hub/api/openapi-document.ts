import { type Json, writeJson } from '../../core/json.ts';
import type { ApiContext } from './context.ts';
import { createApi } from './create-api.ts';

/** Prints the OpenAPI document: `node hub/api/openapi-document.ts`. No hub runs for it, as routes are only declared. */
const api = await createApi({ tokens: [] } as unknown as ApiContext);
process.stdout.write(`${writeJson(sorted(api.swagger() as unknown as Json), 2)}\n`);
await api.close();

/** Members in the order of their names, so that the document changes only where the API does. */
function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value as Readonly<Record<string, Json>>);
  return Object.fromEntries(
    entries
      .sort(([left], [right]) => (left < right ? -1 : 1))
      .map(([name, member]) => [name, sorted(member)]),
  );
}
