import { AppError } from '../../core/error.ts';

interface Where {
  readonly server: string;
  /** Where that address was set. */
  readonly serverFrom: string;
}

/** Why no answer came, in words that say what to do. */
export function connectionError(caught: unknown, { server, serverFrom }: Where): AppError {
  if (caught instanceof AppError) return caught;
  if ((caught as Error).name === 'TimeoutError') {
    return new AppError('timeout', `the hub at ${server} took the connection, but did not answer in time`, {
      remedy: 'Is its process well? Look into its log; agents go on without it',
    });
  }
  const { code = '', message } = rootCause(caught);
  const [reason, remedy] = explain(code, message, server, settingOf(serverFrom));
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

/** The default is changed by the environment. */
function settingOf(serverFrom: string): string {
  return serverFrom === 'the default' ? 'FAIRLEAD_SERVER' : serverFrom;
}

function explain(code: string, message: string, server: string, setting: string): readonly [string, string] {
  const { hostname, protocol } = new URL(server);
  if (code === 'ECONNREFUSED') {
    return ['connection refused', `Start it with \`fairlead hub\`, or set ${setting} to where it listens`];
  }
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return [`no address is known for ${hostname}`, `Check the name in ${setting}`];
  }
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'EPROTO') {
    return ['it speaks no TLS', `Write http:// in ${setting}, or the port that speaks TLS`];
  }
  if (isTlsProblem(code)) {
    return [
      message,
      "Trust its certificate authority with NODE_EXTRA_CA_CERTS=ca.pem, or use the certificate's name",
    ];
  }
  const other = protocol === 'http:' ? ', whether it wants https://' : '';
  return [message, `Check the address in ${setting}${other}, and the way there`];
}
