import type { ErrorCode } from '../../core/error.ts';
import type { AgentMessage, AnswerPart } from '../../core/session.ts';
import type { Answer } from '../gen/fairlead/session/v1/session.ts';

type AnswerMessage = Extract<AgentMessage, { type: 'answer' }>;

export function encodeAnswer({ id, part }: AnswerMessage): Answer {
  switch (part.type) {
    case 'chunk':
      return { id, part: { $case: 'chunk', value: part.bytes } };
    case 'end':
      return { id, part: { $case: 'end', value: {} } };
    case 'error': {
      const { code, message, subject = '', remedy = '' } = part.failure;
      return { id, part: { $case: 'error', value: { code, message, subject, remedy } } };
    }
  }
}

/** `undefined` for a part that only a newer agent knows. */
export function decodeAnswer({ id, part }: Answer): AnswerMessage | undefined {
  const decoded = decodePart(part);
  return decoded === undefined ? undefined : { type: 'answer', id, part: decoded };
}

function decodePart(part: Answer['part']): AnswerPart | undefined {
  switch (part?.$case) {
    case undefined:
      return undefined;
    case 'chunk':
      return { type: 'chunk', bytes: part.value };
    case 'end':
      return { type: 'end' };
    case 'error': {
      const { code, message, subject, remedy } = part.value;
      return {
        type: 'error',
        failure: {
          code: codes.has(code) ? (code as ErrorCode) : 'unavailable',
          message,
          ...(subject === '' ? {} : { subject }),
          ...(remedy === '' ? {} : { remedy }),
        },
      };
    }
  }
}

const codes: ReadonlySet<string> = new Set<ErrorCode>([
  'invalid',
  'not-found',
  'denied',
  'conflict',
  'unavailable',
  'throttled',
  'timeout',
  'too-large',
  'unsupported',
  'cancelled',
]);
