import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One fixture: what a container runs, what it is to run, and the splices that alone may change the file. */
export interface PromotionFixture {
  readonly file: string;
  readonly kind: 'manifest' | 'kustomization' | 'values' | 'application';
  readonly tool: 'directory' | 'kustomize' | 'helm';
  readonly before: string;
  readonly after: string;
  /** Each old text stands once in the file. */
  readonly splices: readonly (readonly [old: string, young: string])[];
  /** Containers that change together; `app` where absent. */
  readonly containers?: readonly string[];
  /** Which candidate is the right one, where the first is not. */
  readonly choose?: number;
  /** Of a chart: its own values.yaml. */
  readonly defaults?: string;
}

const cases = join(import.meta.dirname, '../fixtures/promotion/cases.json');

export const promotionFixtures = JSON.parse(readFileSync(cases, 'utf8')) as readonly PromotionFixture[];
