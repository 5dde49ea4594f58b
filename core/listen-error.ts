import { AppError } from './error.ts';

/** Why an address can't be listened on, as an AppError `unavailable` with the address as subject. `flag` sets it. */
export function listenError(
  caught: unknown,
  listener: { what: string; address: string; flag: string },
): AppError {
  const { what, address, flag } = listener;
  const text = `${(caught as { readonly code?: unknown } | null)?.code ?? ''} ${AppError.from(caught).message}`;
  const known = causes.find(([pattern]) => pattern.test(text));
  const message = `${what} can't listen here: ${known?.[1] ?? AppError.from(caught).message}`;
  const remedy = `${known?.[2] ?? 'Choose another address'} (${flag})`;
  return new AppError('unavailable', message, { subject: address, remedy, cause: caught });
}

const causes: readonly (readonly [RegExp, string, string])[] = [
  [/EADDRINUSE/, 'another process does already', 'End it, or choose another port'],
  [
    /EADDRNOTAVAIL/,
    'this machine has no such address',
    'Choose one that it has, such as 127.0.0.1 or 0.0.0.0',
  ],
  [/EACCES|EPERM/, 'this user may not use the port', 'Choose a port from 1024 on'],
  [/ENOTFOUND|EAI_AGAIN|resolution/i, "the name can't be resolved", 'Choose an address of this machine'],
];
