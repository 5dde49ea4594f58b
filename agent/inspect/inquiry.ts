import type { AnswerWriter } from './answer-writer.ts';
import type { InspectorOptions } from './inspector-options.ts';

/** One query that is being answered. */
export interface Inquiry extends InspectorOptions {
  readonly writer: AnswerWriter;
  /** Nobody waits for the answer any more, or it took too long. */
  readonly signal: AbortSignal;
}
