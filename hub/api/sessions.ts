import { createHmac, randomBytes } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Subject } from '../access/subject.ts';
import type { Credential, Credentials } from './credentials.ts';
import { equalText } from './equal-text.ts';

/** What a cookie claims of itself. */
interface Claim {
  readonly id: string;
  /** The beginning of the digest of the token that it was made with. */
  readonly tokenId: string;
  /** Milliseconds since 1970. */
  readonly expiresMs: number;
}

/** A person at the web UI, who signed in with a bearer token. */
export interface WebSession extends Claim {
  readonly subject: Subject;
}

export const sessionCookie = 'fairlead_session';
/** A working day: who is called at night signed in that day or has the token at hand. */
export const sessionLifetimeMs = 12 * 60 * 60 * 1000;
/** Sessions that were ended before their time. Each is forgotten once it would have expired. */
const maxEnded = 10_000;

/**
 * Sessions of the web UI. A cookie proves itself by a keyed digest of the token that it was made with: nothing is
 * stored, a hub that starts again knows its people, and a replaced token ends its sessions: of a person that person's, of
 * the administrator all.
 */
export class Sessions {
  readonly #credentials: Credentials;
  readonly #ended = new Map<string, number>();

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  /** A new session and the value of its cookie. */
  begin(credential: Credential, now: Date): { readonly session: WebSession; readonly cookie: string } {
    const session = {
      id: randomBytes(16).toString('base64url'),
      tokenId: idOf(credential),
      expiresMs: now.getTime() + sessionLifetimeMs,
      subject: credential.subject,
    };
    return { session, cookie: `${encode(session)}.${this.#sign(session, credential)}` };
  }

  /** The session of a request that came from our own pages; `undefined` without one, or where it has ended. */
  of(request: FastifyRequest, now: Date): WebSession | undefined {
    if (!isOwnSite(request)) return undefined;
    const value = cookieOf(request);
    const session = value === undefined ? undefined : decode(value);
    if (value === undefined || session === undefined) return undefined;
    if (session.expiresMs <= now.getTime() || this.#ended.has(session.id)) return undefined;
    const proof = value.slice(value.lastIndexOf('.') + 1);
    const credential = this.#credentials
      .all()
      .find((each) => idOf(each) === session.tokenId && equalText(proof, this.#sign(session, each)));
    return credential === undefined ? undefined : { ...session, subject: credential.subject };
  }

  /** From now on its cookie is worth nothing. */
  end(session: WebSession, now: Date): void {
    for (const [id, expiresMs] of this.#ended) if (expiresMs <= now.getTime()) this.#ended.delete(id);
    if (this.#ended.size < maxEnded) this.#ended.set(session.id, session.expiresMs);
  }

  #sign(session: Claim, credential: Credential): string {
    return createHmac('sha256', this.#credentials.sessionKey(credential))
      .update(`web session ${encode(session)}`)
      .digest('base64url');
  }
}

/** The session that a request claims, for requests that were let in by it. */
export function claimedSession(request: FastifyRequest): Claim | undefined {
  const value = cookieOf(request);
  return value === undefined ? undefined : decode(value);
}

/** Browsers say where a request came from; SameSite=Strict says the same, and a second lock costs nothing. */
function isOwnSite(request: FastifyRequest): boolean {
  const site = request.headers['sec-fetch-site'];
  return site === undefined || site === 'same-origin' || site === 'none';
}

function cookieOf(request: FastifyRequest): string | undefined {
  const cookies = (request.headers.cookie ?? '').split(';').map((each) => each.trim());
  return cookies.find((each) => each.startsWith(`${sessionCookie}=`))?.slice(sessionCookie.length + 1);
}

/** Tells tokens apart: the beginning of a digest gives none away. */
function idOf({ digest }: Credential): string {
  return digest.slice(0, 8);
}

function encode({ tokenId, expiresMs, id }: Claim): string {
  return `${tokenId}.${expiresMs}.${id}`;
}

function decode(value: string): Claim | undefined {
  const match = /^([0-9a-f]{8})\.(\d{1,15})\.([\w-]{22})\.[\w-]+$/.exec(value);
  if (match === null) return undefined;
  const [, tokenId = '', expires = '', id = ''] = match;
  return { tokenId, expiresMs: Number(expires), id };
}
