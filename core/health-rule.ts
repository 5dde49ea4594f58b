/**
 * How objects of one kind are judged, in CEL, where the built-in rules don't fit. Expressions see the live object as
 * `object`. Asked in this order, the first that holds decides: `suspended`, `degraded`, `progressing`, `healthy`; what
 * holds in none is in progress. A field that isn't there makes an expression false.
 */
export interface HealthRule {
  /** '' for Kubernetes' own group. */
  readonly group: string;
  readonly kind: string;
  readonly suspended?: string;
  readonly degraded?: string;
  readonly progressing?: string;
  readonly healthy: string;
  /** Gives a text; for whatever isn't healthy. */
  readonly message?: string;
  /** Set where nothing waits for objects of the kind. */
  readonly gating?: false;
}

/** What one expression may be, so that evaluating it is cheap whatever it says. */
export const expressionLimits = {
  maxAstNodes: 300,
  maxDepth: 30,
  maxListElements: 50,
  maxMapEntries: 50,
  maxCallArguments: 8,
} as const;

/** Loops inside loops that an expression may have. */
export const mostNestedLoops = 2;

/** Functions of CEL whose cost the size of an expression doesn't bound. */
export const costlyFunctions: ReadonlySet<string> = new Set(['matches', 'split', 'join']);

const loops: ReadonlySet<string> = new Set([
  'all',
  'exists',
  'exists_one',
  'map',
  'filter',
  'transformList',
  'transformMap',
]);

/** What an expression costs: evaluations are at most `nodes` × (longest list) ^ `loops`. */
export interface ExpressionCost {
  readonly nodes: number;
  readonly loops: number;
  /** The first function that is not to be used. */
  readonly costly?: string;
}

/** Reads the cost off a syntax tree of `{ op, args }` nodes, whoever parsed it. */
export function expressionCost(tree: unknown): ExpressionCost {
  if (Array.isArray(tree)) return joined(tree.map(expressionCost), 0, 0);
  if (tree === null || typeof tree !== 'object' || !('op' in tree) || !('args' in tree)) {
    return { nodes: 0, loops: 0 };
  }
  const name = calledFunction(tree);
  const inner = joined([expressionCost(tree.args)], 1, name !== undefined && loops.has(name) ? 1 : 0);
  return name !== undefined && costlyFunctions.has(name) ? { ...inner, costly: name } : inner;
}

function calledFunction({ op, args }: { readonly op: unknown; readonly args: unknown }): string | undefined {
  if ((op !== 'call' && op !== 'rcall') || !Array.isArray(args)) return undefined;
  const [name] = args as readonly unknown[];
  return typeof name === 'string' ? name : undefined;
}

function joined(parts: readonly ExpressionCost[], nodes: number, nesting: number): ExpressionCost {
  const costly = parts.find((part) => part.costly !== undefined)?.costly;
  return {
    nodes: nodes + parts.reduce((sum, part) => sum + part.nodes, 0),
    loops: nesting + Math.max(0, ...parts.map((part) => part.loops)),
    ...(costly === undefined ? {} : { costly }),
  };
}
