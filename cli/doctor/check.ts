/** One thing that `doctor` tried. */
export interface Check {
  readonly status: 'ok' | 'warn' | 'fail';
  readonly name: string;
  readonly message: string;
  /** What to do; only where it isn't `ok`. */
  readonly remedy?: string;
}

export function ok(name: string, message: string): Check {
  return { status: 'ok', name, message };
}

export function warn(name: string, message: string, remedy: string | undefined): Check {
  return { status: 'warn', name, message, ...(remedy === undefined ? {} : { remedy }) };
}

export function fail(name: string, message: string, remedy: string | undefined): Check {
  return { status: 'fail', name, message, ...(remedy === undefined ? {} : { remedy }) };
}
