import Type, { type Static, type TSchema, type TUnsafe } from 'typebox';

/** A schema's type as our own code has its values: nothing in an answer is changed after it was made. */
export type Value<S extends TSchema> = DeepReadonly<Static<S>>;

type DeepReadonly<T> = T extends readonly (infer Item)[]
  ? readonly DeepReadonly<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: DeepReadonly<T[Key]> }
    : T;

/** A schema by its `$id`, so that the document and the clients' types name it once. */
export function ref<S extends TSchema>(schema: S): TUnsafe<Value<S>> {
  return Type.Unsafe<Value<S>>({ $ref: `${(schema as { $id?: string }).$id}#` });
}

/** One of several words. */
export function words<const Words extends readonly string[]>(
  list: Words,
  options: { readonly description?: string } = {},
): TUnsafe<Words[number]> {
  return Type.Unsafe<Words[number]>({ type: 'string', enum: [...list], ...options });
}

/** A moment, ISO 8601. */
export function moment(description: string): TUnsafe<string> {
  return Type.Unsafe<string>({ type: 'string', format: 'date-time', description });
}

/** An answer that holds several; an object, so that fields can be added later. */
export function listOf<S extends TSchema>(
  schema: S,
  description: string,
): TUnsafe<{ readonly items: readonly Value<S>[] }> {
  return Type.Unsafe(Type.Object({ items: Type.Array(ref(schema)) }, { description }));
}
