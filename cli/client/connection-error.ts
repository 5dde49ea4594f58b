import { AppError } from '../../core/error.ts';

/** Why no answer came, in words that say what to do. */
export function connectionError(caught: unknown, server: string): AppError {
  if (caught instanceof AppError) return caught;
  if ((caught as Error).name === 'TimeoutError') {
    return new AppError('timeout', `the hub at ${server} did not answer in time`, {
      remedy: 'Try `fairlead doctor`',
    });
  }
  const { code = '', message } = rootCause(caught);
  const [reason, remedy] = explain(code, message, server);
  return new AppError('unavailable', `can't reach the hub at ${server} (${reason})`, {
    remedy,
    cause: caught,
  });
}

/** Whether it failed for TLS: the host answers, but not as expected. */
function isTlsProblem(code: string): boolean {
  return /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_VERIFY|EPROTO/.test(code);
}

/** The innermost cause: `fetch failed` says nothing. */
function rootCause(caught: unknown): { readonly code?: string; readonly message: string } {
  const { cause, errors } = caught as { cause?: unknown; errors?: readonly unknown[] };
  const inner = cause ?? errors?.[0];
  return inner === undefined ? (caught as { code?: string; message: string }) : rootCause(inner);
}

function explain(code: string, message: string, server: string): readonly [string, string] {
  const { hostname, protocol } = new URL(server);
  if (code === 'ECONNREFUSED') {
    return ['connection refused', 'Start it with `fairlead hub`, or set FAIRLEAD_SERVER to where it listens'];
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return [`no address is known for ${hostname}`, 'Check the name in FAIRLEAD_SERVER'];
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'EPROTO') {
    return ['it speaks no TLS', 'Write http:// in FAIRLEAD_SERVER, or the port that speaks TLS'];
  }
  if (isTlsProblem(code)) {
    return [
      message,
      "Trust its certificate authority with NODE_EXTRA_CA_CERTS=ca.pem, or use the certificate's name",
    ];
  }
  const other = protocol === 'http:' ? ', whether it wants https://' : '';
  return [message, `Check the address in FAIRLEAD_SERVER${other}, and the way there`];
}
