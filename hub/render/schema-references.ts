import { isJsonArray, isJsonObject, type Json } from '../../core/json.ts';

/** Keywords whose text names another schema (JSON Schema, core). */
const keywords: ReadonlySet<string> = new Set(['$ref', '$dynamicRef', '$recursiveRef', '$schema']);
/** Known to every validator by heart. */
const builtIn = /^https?:\/\/json-schema\.org\//u;

/**
 * What a schema refers to outside of itself: a validator reads it from the network, or from files of the host. What is
 * within has a `#`; a name by `$id` counts as outside, since whether it is one depends on the dialect. `undefined` where
 * the text is no JSON.
 */
export function foreignReferences(text: string): readonly string[] | undefined {
  let schema: Json;
  try {
    schema = JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
  const references = new Set<string>();
  const open: Json[] = [schema];
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    if (isJsonArray(value)) for (const item of value) open.push(item);
    if (!isJsonObject(value)) continue;
    for (const [name, member] of Object.entries(value)) {
      if (typeof member !== 'string') open.push(member ?? null);
      else if (keywords.has(name) && !member.startsWith('#') && !builtIn.test(member)) references.add(member);
    }
  }
  return [...references];
}
