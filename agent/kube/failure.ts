import { AppError, formatError } from '../../core/error.ts';
import { isJsonArray, type Json, jsonAt, numberAt, parseJson, stringAt } from '../../core/json.ts';
import type { KubeFailure } from '../ports.ts';

/** The failure that a `Status` object tells, in an answer's body or in a watch's ERROR event. */
export function parseStatus(status: Json | undefined, code: number): KubeFailure {
  const causes = jsonAt(status, 'details', 'causes');
  const retryAfterSeconds = numberAt(status, 'details', 'retryAfterSeconds');
  return {
    status: numberAt(status, 'code') ?? code,
    reason: parseReason(status),
    message: stringAt(status, 'message') ?? `the API server answered with status ${code} and no message`,
    causes: isJsonArray(causes)
      ? causes.map((cause) => ({
          reason: stringAt(cause, 'reason') ?? '',
          field: stringAt(cause, 'field') ?? '',
          message: stringAt(cause, 'message') ?? '',
        }))
      : [],
    ...(retryAfterSeconds === undefined || retryAfterSeconds === 0 ? {} : { retryAfterSeconds }),
  };
}

/**
 * `NotFound` is also what the API server says of a version it doesn't serve ("the server could not find the requested
 * resource"), with no name. That must not pass for an object that is gone.
 */
function parseReason(status: Json | undefined): string {
  const reason = stringAt(status, 'reason') ?? '';
  return reason === 'NotFound' && stringAt(status, 'details', 'name') === undefined ? '' : reason;
}

/** The failure that an answer other than 2xx is. What stands between may answer too, with no `Status`. */
export function parseFailure(code: number, body: string, retryAfter: string | undefined): KubeFailure {
  const failure = { ...parseStatus(parseStatusBody(body) ?? plainStatus(code, body), code), status: code };
  const seconds = Number(retryAfter ?? '');
  return seconds > 0 ? { ...failure, retryAfterSeconds: seconds } : failure;
}

function parseStatusBody(body: string): Json | undefined {
  try {
    const value = parseJson(body);
    return stringAt(value, 'kind') === 'Status' ? value : undefined;
  } catch {
    return undefined;
  }
}

function plainStatus(code: number, body: string): Json {
  const text = body.trim().slice(0, 300);
  return { message: `the API server answered with status ${code}${text === '' ? '' : `: ${text}`}` };
}

/** Our own reason for an answer that was larger than accepted. */
export const tooLargeReason = 'AnswerTooLarge';

/** Nothing that counts as an answer came. Status 0. */
export function noAnswer(message: string, reason = ''): KubeFailure {
  return { status: 0, reason, message, causes: [] };
}

/** What the network, TLS or the credentials did, in plain words. Status 0. */
export function networkFailure(caught: unknown, server: string): KubeFailure {
  const isTooLarge = codeOf(caught) === 'UND_ERR_RES_EXCEEDED_MAX_SIZE';
  return noAnswer(describe(caught, server), isTooLarge ? tooLargeReason : '');
}

/** The error code of Node's network stack or undici; '' where there is none. */
export function codeOf(caught: unknown): string {
  const code = caught instanceof Error ? (caught as NodeJS.ErrnoException).code : undefined;
  return typeof code === 'string' ? code : '';
}

const untrustedCodes: readonly string[] = [
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
];

/** Whether the server's certificate is of another authority than the configured one: nothing was sent. */
export function isUntrusted(caught: unknown): boolean {
  return untrustedCodes.includes(codeOf(caught));
}

const unknownOutcome = 'whether it took effect is not known';

function describe(caught: unknown, server: string): string {
  if (caught instanceof AppError) return formatError(caught);
  const message = caught instanceof Error ? caught.message : String(caught);
  const code = codeOf(caught);
  if (isUntrusted(caught)) {
    return `the certificate of ${server} is not signed by the configured authority (${code}); check the CA`;
  }
  switch (code) {
    case 'ECONNREFUSED':
      return `${server} refuses connections: nothing listens there`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `the name in ${server} can't be resolved (${code})`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return `${server} can't be reached (${code})`;
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return `${server} did not answer in time; ${unknownOutcome}`;
    case 'ECONNRESET':
    case 'EPIPE':
    case 'UND_ERR_SOCKET':
      return `the connection to ${server} broke before the answer was complete; ${unknownOutcome}`;
    case 'UND_ERR_RES_EXCEEDED_MAX_SIZE':
      return `the answer of ${server} is larger than accepted`;
    case 'UND_ERR_CLOSED':
    case 'UND_ERR_DESTROYED':
      return `the connection to ${server} is closed`;
    case 'CERT_HAS_EXPIRED':
      return `the certificate of ${server} has expired`;
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `the certificate of ${server} is made for other names: ${message}`;
    default:
      return `${server}: ${message}`;
  }
}
