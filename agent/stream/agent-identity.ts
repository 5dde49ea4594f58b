import { chmod, mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError } from '../../core/error.ts';
import { type Json, parseJson, stringAt, writeJson } from '../../core/json.ts';

/** Who this agent is and which hub it trusts; made by an enrolment. */
export interface AgentIdentity {
  readonly cluster: string;
  /** `host:port` of the hub's session listener. */
  readonly hub: string;
  /** PEM, made here; it never leaves this machine. */
  readonly key: string;
  /** PEM, signed by the hub. */
  readonly certificate: string;
  /** PEM of the only CA that the hub's own certificate may be of. */
  readonly authority: string;
  /** The digest of the token's secret that it was made with; absent for one from before this was kept. */
  readonly token?: string;
}

const fileName = 'identity.json';

/** The identity in a folder; `undefined` before the enrolment. Throws AppError `invalid` for a damaged file. */
export async function readIdentity(dir: string): Promise<AgentIdentity | undefined> {
  const file = join(dir, fileName);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw AppError.from(error, 'unavailable', file);
  }
  const identity = parseIdentity(text);
  if (identity !== undefined) return identity;
  throw new AppError('invalid', "the agent's identity is damaged", {
    subject: file,
    remedy: 'Restore it, or remove it and enrol again with the token of `fairlead cluster enroll NAME`',
  });
}

function parseIdentity(text: string): AgentIdentity | undefined {
  let value: Json;
  try {
    value = parseJson(text);
  } catch {
    return undefined;
  }
  const cluster = stringAt(value, 'cluster');
  const hub = stringAt(value, 'hub');
  const key = stringAt(value, 'key');
  const certificate = stringAt(value, 'certificate');
  const authority = stringAt(value, 'authority');
  if (!cluster || !hub || !key || !certificate || !authority) return undefined;
  const token = stringAt(value, 'token');
  return { cluster, hub, key, certificate, authority, ...(token === undefined ? {} : { token }) };
}

/** Writes whole or not at all, readable by this user only. */
export async function writeIdentity(dir: string, identity: AgentIdentity): Promise<void> {
  const file = join(dir, fileName);
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const temporary = `${file}.new`;
    const handle = await open(temporary, 'w', 0o600);
    try {
      await handle.writeFile(writeJson({ ...identity }, 2));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(temporary, 0o600);
    await rename(temporary, file);
  } catch (error) {
    throw new AppError('unavailable', "the agent's identity can't be written", {
      subject: file,
      remedy: 'Make the folder writable and see that the disk has room, then enrol again with a new token',
      cause: error,
    });
  }
}
