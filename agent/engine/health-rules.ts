import type { ApplicationPolicy } from '../../core/desired.ts';
import type { HealthRule } from '../../core/health-rule.ts';
import { canonicalJson, type Json } from '../../core/json.ts';
import { formatGroupKind, type ObjectRef } from '../../core/object-ref.ts';
import type { Rule } from '../health/judgement.ts';
import { compileRule } from '../health/rule-health.ts';

type Kind = Pick<ObjectRef, 'group' | 'kind'>;

/** Somebody who judged an object of a kind, and can do so again. */
export interface Judge {
  judgeAgain(): void;
}

/** The fleet's own health rules, as applications bring those of the kinds that they hold. */
export class HealthRules {
  readonly #rules = new Map<string, { readonly text: string; readonly rule: Rule }>();

  readonly #judges = new Map<string, Set<Judge>>();

  of(kind: Kind): Rule | undefined {
    return this.#rules.get(formatGroupKind(kind))?.rule;
  }

  attach(kind: Kind, judge: Judge): void {
    const key = formatGroupKind(kind);
    const judges = this.#judges.get(key);
    if (judges === undefined) this.#judges.set(key, new Set([judge]));
    else judges.add(judge);
  }

  detach(kind: Kind, judge: Judge): void {
    this.#judges.get(formatGroupKind(kind))?.delete(judge);
  }

  /** What all applications bring together; objects of kinds whose rule changed are judged again. */
  take(applications: Iterable<ApplicationPolicy>): void {
    const wanted = new Map<string, HealthRule>();
    for (const { healthRules = [] } of applications) {
      for (const rule of healthRules) wanted.set(formatGroupKind(rule), rule);
    }
    const changed = new Set([...this.#rules.keys()].filter((kind) => !wanted.has(kind)));
    for (const kind of changed) this.#rules.delete(kind);
    for (const [kind, rule] of wanted) {
      const text = canonicalJson(rule as unknown as Json);
      if (this.#rules.get(kind)?.text === text) continue;
      this.#rules.set(kind, { text, rule: compileRule(rule) });
      changed.add(kind);
    }
    for (const kind of changed) for (const judge of [...(this.#judges.get(kind) ?? [])]) judge.judgeAgain();
  }
}
