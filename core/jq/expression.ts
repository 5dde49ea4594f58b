import type { Json } from '../json.ts';

export type Comparison = '==' | '!=' | '<' | '<=' | '>' | '>=';
export type TextTest = 'startswith' | 'endswith' | 'contains' | 'has';

/** What is read of jq: paths, and conditions on them. Nothing that computes, loops or defines. */
export type Expression =
  | { readonly type: 'here' }
  | { readonly type: 'member'; readonly of: Expression; readonly name: string | number }
  | { readonly type: 'each'; readonly of: Expression }
  | { readonly type: 'literal'; readonly value: Json }
  | { readonly type: 'pipe'; readonly left: Expression; readonly right: Expression }
  | { readonly type: 'both'; readonly left: Expression; readonly right: Expression }
  | { readonly type: 'select'; readonly condition: Expression }
  | { readonly type: 'not' }
  | { readonly type: 'and' | 'or'; readonly left: Expression; readonly right: Expression }
  | {
      readonly type: 'compare';
      readonly by: Comparison;
      readonly left: Expression;
      readonly right: Expression;
    }
  | { readonly type: 'test'; readonly by: TextTest; readonly argument: Expression };
