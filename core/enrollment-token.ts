import { AppError } from './error.ts';
import { isJsonObject, type Json, parseJson, stringAt, writeJson } from './json.ts';

/** What an agent needs for its first contact: where the hub is, how to know it, and the right to be enrolled once. */
export interface EnrollmentToken {
  readonly cluster: string;
  /** `host:port` of the hub's session listener. */
  readonly hub: string;
  /** SHA-256 of the CA certificate's DER, hexadecimal. The agent trusts no other hub. */
  readonly ca: string;
  /** One-time, base64url. The hub stores only its digest. */
  readonly secret: string;
}

const prefix = 'fl1.';

/** One string to hand over. The prefix is the format's version and lets secret scanners find it. */
export function encodeEnrollmentToken(token: EnrollmentToken): string {
  const { cluster, hub, ca, secret } = token;
  return prefix + toBase64Url(new TextEncoder().encode(writeJson({ cluster, hub, ca, secret })));
}

/** Reads what `encodeEnrollmentToken` wrote. Throws AppError `invalid`; the message never repeats the text, which is a secret. */
export function parseEnrollmentToken(text: string): EnrollmentToken {
  const trimmed = text.trim();
  if (!trimmed.startsWith(prefix)) throw invalid(`it doesn't begin with "${prefix}"`);
  const value = parsePayload(trimmed.slice(prefix.length));
  const cluster = stringAt(value, 'cluster');
  const hub = stringAt(value, 'hub');
  const ca = stringAt(value, 'ca');
  const secret = stringAt(value, 'secret');
  if (!cluster || !hub || !secret || ca === undefined || !/^[0-9a-f]{64}$/.test(ca)) {
    throw invalid('it lacks its cluster, address, fingerprint or secret');
  }
  return { cluster, hub, ca, secret };
}

/** Base64url without padding (RFC 4648, section 5). */
export function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

function parsePayload(encoded: string): Json {
  try {
    const binary = atob(encoded.replaceAll('-', '+').replaceAll('_', '/'));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const value = parseJson(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (isJsonObject(value)) return value;
  } catch {
    // What can't be decoded was cut or changed on its way; the reason below says so.
  }
  throw invalid('it was cut or changed on its way');
}

function invalid(why: string): AppError {
  return new AppError('invalid', `this isn't an enrolment token: ${why}`, {
    remedy: 'Copy the whole token that `fairlead cluster enroll` printed, or make a new one with it',
  });
}
