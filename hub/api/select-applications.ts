import Type from 'typebox';
import { healthOrder } from '../../core/health.ts';
import { type ApplicationItemSchema, causeWords } from './schemas/application.ts';
import { toneWords, viewerQuery } from './schemas/common.ts';
import { type Value, words } from './schemas/schema.ts';

type Item = Value<typeof ApplicationItemSchema>;
type Query = Type.Static<typeof ApplicationQuery>;

const groupWords = ['environment', 'cluster', 'project', 'owner'] as const;

/** Filters, order and page of a list of applications. */
export const ApplicationQuery = Type.Object(
  {
    project: Type.Optional(Type.String()),
    environment: Type.Optional(Type.String()),
    cluster: Type.Optional(Type.String()),
    owner: Type.Optional(Type.String()),
    sync: Type.Optional(words(['Synced', 'OutOfSync', 'Unknown'])),
    cause: Type.Optional(words(causeWords)),
    health: Type.Optional(words(healthOrder)),
    tone: Type.Optional(words(toneWords)),
    drifts: Type.Optional(words(['open'], { description: '`open`: only those with open drifts.' })),
    text: Type.Optional(Type.String({ description: 'In its name, owner, path or sentence, in any case.' })),
    order: Type.Optional(words(['name', 'worst'], { description: '`name` if absent.' })),
    group: Type.Optional(words(groupWords, { description: 'What they are ordered by first.' })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000, description: 'All if absent.' })),
    offset: Type.Optional(Type.Integer({ minimum: 0, description: 'How many to leave out; 0 if absent.' })),
    ...viewerQuery,
  },
  { additionalProperties: false },
);

/** Worst first: what is broken, what needs somebody, what nobody knows, what goes on by itself, what is well. */
const toneOrder = ['broken', 'attention', 'unknown', 'moving', 'calm'] as const;
const exactFields = ['project', 'environment', 'cluster', 'owner', 'sync', 'cause', 'tone'] as const;

/** Those of `items`, which stand in the order of their names, that a query asks for. */
export function selectItems(
  items: readonly Item[],
  query: Query,
): { readonly items: readonly Item[]; readonly total: number } {
  const found = order(
    items.filter((item) => matches(item, query)),
    query,
  );
  const start = query.offset ?? 0;
  const end = query.limit === undefined ? undefined : start + query.limit;
  return { items: found.slice(start, end), total: found.length };
}

function matches(item: Item, query: Query): boolean {
  if (exactFields.some((field) => query[field] !== undefined && query[field] !== (item[field] ?? '')))
    return false;
  if (query.health !== undefined && query.health !== item.health.status) return false;
  if (query.drifts !== undefined && item.openDrifts === 0) return false;
  if (query.text === undefined) return true;
  const text = [item.application, item.owner ?? '', item.path, item.sentence].join('\n').toLowerCase();
  return text.includes(query.text.toLowerCase());
}

/** Sorting keeps the order of equals, so names decide last. */
function order(items: readonly Item[], { order: by, group }: Query): readonly Item[] {
  const worst =
    by === 'worst'
      ? items.toSorted((left, right) => toneOrder.indexOf(left.tone) - toneOrder.indexOf(right.tone))
      : items;
  if (group === undefined) return worst;
  return worst.toSorted((left, right) => compare(left[group] ?? '', right[group] ?? ''));
}

function compare(left: string, right: string): number {
  if (left === right) return 0;
  // Those without the value come last.
  if (left === '' || right === '') return left === '' ? 1 : -1;
  return left < right ? -1 : 1;
}
