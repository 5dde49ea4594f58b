import { type Document, isAlias, isMap, isScalar, isSeq, type Node, type Pair, Scalar } from 'yaml';
import type { Json } from '../../core/json.ts';
import { resolveScalar } from './resolve-scalar.ts';

/** What can't be read in a document that is YAML, and where. */
export class YamlValueError extends Error {
  override readonly name = 'YamlValueError';
  /** Offset in the text. */
  readonly offset: number;
  readonly code: string;

  constructor(code: string, message: string, offset: number) {
    super(message);
    this.code = code;
    this.offset = offset;
  }
}

/** The path of the text of a block (`field: |`), which begins on the line after its place. */
export function blockTextKey(field: string): string {
  return `${field}|`;
}

/** Called with the path of every value (`spec.ports[0].name`) and the offset of its key, then with its own. */
export type PlaceListener = (path: string, offset: number) => void;

/** What the documents of one render may still grow to by their aliases, in characters; a value counts as 16. */
export interface Expansion {
  left: number;
}

/** An alias bomb multiplies what it repeats. */
export function newExpansion(): Expansion {
  return { left: 64 * 1024 * 1024 };
}

const maxDepth = 500;

interface State {
  readonly places: PlaceListener | undefined;
  /** Values of the anchors so far, with what each counts once its own aliases are expanded. */
  readonly anchors: Map<string, { readonly value: Json; readonly size: number }>;
  readonly expansion: Expansion;
  depth: number;
}

/**
 * The value of a parsed document, read as sigs.k8s.io/yaml reads it; a key twice is an error. Aliases share one
 * value. Throws YamlValueError. The document must be composed with the `failsafe` schema, so that every scalar still
 * has its text.
 */
export function yamlValue(document: Document, expansion: Expansion, places?: PlaceListener): Json {
  const state: State = { places, anchors: new Map(), expansion, depth: 0 };
  return jsonOf(document.contents as Node | null, '', state);
}

function jsonOf(node: Node | null, path: string, state: State): Json {
  if (node === null) return null;
  const offset = node.range?.[0] ?? 0;
  const before = state.expansion.left;
  state.places?.(path, offset);
  if (state.depth >= maxDepth)
    throw new YamlValueError('yaml-depth', `it is nested deeper than ${maxDepth}`, offset);
  state.depth += 1;
  const value = expand(node, path, offset, state);
  state.depth -= 1;
  state.expansion.left -= 16;
  if (state.expansion.left < 0)
    throw new YamlValueError('yaml-aliases', 'aliases (*name) make it larger than 64 MiB', offset);
  if (!isAlias(node) && node.anchor !== undefined)
    state.anchors.set(node.anchor, { value, size: before - state.expansion.left });
  return value;
}

function expand(node: Node, path: string, offset: number, state: State): Json {
  if (isScalar(node)) return scalarValue(node, offset, state);
  if (isSeq(node))
    return node.items.map((item, index) => jsonOf(item as Node | null, `${path}[${index}]`, state));
  if (isMap(node)) return mapValue(node.items as Pair<Node, Node | null>[], path, state);
  if (!isAlias(node)) return null;
  const anchor = state.anchors.get(node.source);
  if (anchor === undefined) {
    throw new YamlValueError('yaml-alias', `alias *${node.source} has no anchor that ends before it`, offset);
  }
  state.expansion.left -= anchor.size;
  return anchor.value;
}

function mapValue(pairs: readonly Pair<Node, Node | null>[], path: string, state: State): Json {
  const object: Record<string, Json> = {};
  const own = new Set<string>();
  for (const { key, value } of pairs) {
    const offset = key?.range?.[0] ?? 0;
    if (isMergeKey(key)) {
      // go-yaml v2: what is merged wins over keys before it, and loses to keys after it.
      for (const source of mergeSources(value, path, state)) {
        for (const [name, merged] of Object.entries(source)) setMember(object, name, merged as Json);
      }
      continue;
    }
    const name = keyName(key, path, state);
    if (own.has(name)) throw new YamlValueError('duplicate-key', `key ${name} stands here twice`, offset);
    own.add(name);
    const member = path === '' ? name : `${path}.${name}`;
    state.places?.(member, offset);
    if (isScalar(value) && value.type === Scalar.BLOCK_LITERAL) {
      state.places?.(blockTextKey(member), value.range?.[0] ?? 0);
    }
    setMember(object, name, jsonOf(value, member, state));
  }
  return object;
}

/** Also for a key such as `__proto__`, which an assignment would lose. */
function setMember(object: Record<string, Json>, name: string, value: Json): void {
  Object.defineProperty(object, name, { value, enumerable: true, writable: true, configurable: true });
}

function isMergeKey(key: Node | null): boolean {
  return isScalar(key) && key.type === Scalar.PLAIN && key.value === '<<';
}

/** The mappings to merge, the one that wins last. */
function mergeSources(node: Node | null, path: string, state: State): readonly object[] {
  const value = jsonOf(node, path, state);
  const sources = Array.isArray(value) ? value.toReversed() : [value];
  for (const source of sources) {
    if (source !== null && typeof source === 'object' && !Array.isArray(source)) continue;
    throw new YamlValueError('yaml-merge', 'a merge (<<) takes mappings only', node?.range?.[0] ?? 0);
  }
  return sources as readonly object[];
}

/** JSON's keys are strings: `on: x` has the key `true`, as with sigs.k8s.io/yaml. */
function keyName(key: Node | null, path: string, state: State): string {
  const value = jsonOf(key, path, state);
  if (value !== null && typeof value !== 'object') return String(value);
  throw new YamlValueError('yaml-key', 'a key must be a text, a number or a boolean', key?.range?.[0] ?? 0);
}

function scalarValue(node: Scalar, offset: number, state: State): Json {
  const text = String(node.value ?? '');
  state.expansion.left -= text.length;
  const tag = node.tag?.replace('tag:yaml.org,2002:', '');
  if (tag === undefined)
    return node.type === Scalar.PLAIN || node.type === undefined ? plainValue(text, offset) : text;
  if (tag === 'binary') return Buffer.from(text, 'base64').toString();
  if (!['int', 'float', 'bool', 'null'].includes(tag)) return text;
  const value = plainValue(text, offset);
  if (typeof value !== 'string') return value;
  throw new YamlValueError('yaml-tag', `${text} is not of the type !!${tag}`, offset);
}

function plainValue(text: string, offset: number): Json {
  const value = resolveScalar(text);
  if (value !== undefined) return value;
  throw new YamlValueError(
    'yaml-number',
    `${text} is not a number that JSON knows; quote it if it's a text`,
    offset,
  );
}
