import type { QueryRequest } from '../../core/query.ts';
import type { AnswerPart } from '../../core/session.ts';

/** Something that somebody wants to see now. */
export interface ReceivedQuery {
  readonly id: string;
  readonly request: QueryRequest;
  /** Sends a part; what comes after the end of the query goes nowhere. */
  readonly answer: (part: AnswerPart) => void;
}

/** Who answers queries. */
export interface QueryHandler {
  begin(query: ReceivedQuery): void;
  /** So many bytes of an answer were taken. */
  more(id: string, bytes: number): void;
  /** Nobody waits for the rest of an answer: it was ended, or the stream was. */
  end(id: string): void;
}
