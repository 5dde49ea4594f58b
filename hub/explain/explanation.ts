import type { ObjectRef } from '../../core/object-ref.ts';
import type { Location } from '../../core/problem.ts';

/** The stations between a commit and a healthy object, in the order in which they are passed. */
export const stages = [
  'commit',
  'document',
  'project',
  'destination',
  'source',
  'gates',
  'agent',
  'apply',
  'drift',
  'health',
] as const;

export type Stage = (typeof stages)[number];

/** One station. `warned`: passed, but somebody should know; `stopped`: what comes after it waits for this. */
export interface Step {
  readonly stage: Stage;
  readonly state: 'passed' | 'warned' | 'stopped';
  /** What holds there, in a sentence without a full stop. */
  readonly sentence: string;
  /** The document or rule that decided, where there is one. */
  readonly location?: Location;
  /** What to do, in a sentence; only with `warned` and `stopped`. */
  readonly remedy?: string;
}

/** Why an application, or one object of it, is not as Git says: every station up to the first that holds it back. */
export interface Explanation {
  /** `namespace/name` of the Application document. */
  readonly application: string;
  /** Where one object is explained. */
  readonly ref?: ObjectRef;
  /** The answer in one sentence. */
  readonly sentence: string;
  /** The last one is `stopped`, or nothing holds it back. */
  readonly steps: readonly Step[];
}
