import { createSign } from 'node:crypto';
import { fingerprint } from '../../core/digest.ts';
import { AppError } from '../../core/error.ts';
import { type Json, jsonAt, parseJson } from '../../core/json.ts';

/** One installation of a GitHub App, with the App's private key. */
export interface AppInstallation {
  /** Of the entry in the list of credentials; no other has it. */
  readonly prefix: string;
  readonly appId: string;
  readonly installationId: string;
  readonly privateKey: string;
  readonly baseUrl: string;
  /** For messages. */
  readonly subject: string;
}

interface Token {
  /** What it was asked with: another key or installation wants another token. */
  readonly madeFor: string;
  readonly value: string;
  /** ms since 1970. */
  readonly expiresAt: number;
}

/** A token isn't used any more so long before it ends: a fetch that has begun must get through. */
const marginMs = 5 * 60_000;
const timeoutMs = 20_000;
const longestAnswer = 100_000;

/**
 * Tokens of installations, made when they are needed and kept until shortly before they end
 * (docs.github.com, "Authenticating as a GitHub App installation"; tokens hold for an hour).
 */
export class InstallationTokens {
  readonly #now: () => Date;
  readonly #tokens = new Map<string, Token>();
  readonly #asking = new Map<string, Promise<Token>>();

  constructor(now: () => Date) {
    this.#now = now;
  }

  /** Throws AppError `unauthenticated`, `denied`, `not-found`, `invalid` or `unavailable`. */
  async token(app: AppInstallation, request: typeof fetch): Promise<string> {
    const madeFor = identify(app);
    const kept = this.#tokens.get(app.prefix);
    const known = kept?.madeFor === madeFor ? kept : undefined;
    if (known !== undefined && known.expiresAt - marginMs > this.#now().getTime()) return known.value;
    const asking =
      this.#asking.get(madeFor) ??
      this.#ask(app, madeFor, request).finally(() => this.#asking.delete(madeFor));
    this.#asking.set(madeFor, asking);
    try {
      const token = await asking;
      this.#tokens.set(app.prefix, token);
      return token.value;
    } catch (error) {
      // One that still holds is better than none.
      if (known !== undefined && known.expiresAt > this.#now().getTime()) return known.value;
      throw error;
    }
  }

  /** A server refused a token: it may have been revoked. */
  forget(prefix: string): void {
    this.#tokens.delete(prefix);
  }

  async #ask(app: AppInstallation, madeFor: string, request: typeof fetch): Promise<Token> {
    const url = `${app.baseUrl}/app/installations/${app.installationId}/access_tokens`;
    const assertion = signAssertion(app, this.#now());
    const answer = await post(app, request, url, assertion);
    const token = jsonAt(answer ?? null, 'token');
    const expiresAt = Date.parse(String(jsonAt(answer ?? null, 'expires_at') ?? ''));
    if (typeof token !== 'string' || Number.isNaN(expiresAt)) {
      throw new AppError('unavailable', `${app.baseUrl} does not answer as GitHub's API does`, {
        subject: app.subject,
        remedy: 'Check githubAppEnterpriseBaseUrl: it usually ends with /api/v3',
      });
    }
    return { madeFor, value: token, expiresAt };
  }
}

function identify(app: AppInstallation): string {
  return fingerprint(JSON.stringify([app.baseUrl, app.appId, app.installationId, app.privateKey]));
}

/** A JSON Web Token (RFC 7519) by which an App shows who it is, for some minutes; clocks may differ by one. */
function signAssertion({ appId, privateKey, subject }: AppInstallation, now: Date): string {
  const seconds = Math.floor(now.getTime() / 1000);
  const claims = { iat: seconds - 60, exp: seconds + 9 * 60, iss: appId };
  const parts = [{ alg: 'RS256', typ: 'JWT' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  const text = parts.join('.');
  try {
    return `${text}.${createSign('RSA-SHA256').update(text).sign(privateKey, 'base64url')}`;
  } catch {
    throw new AppError('invalid', 'its githubAppPrivateKey is no RSA key that can sign', {
      subject,
      remedy: "Take the .pem file that GitHub gave when the App's key was made",
    });
  }
}

async function post(
  app: AppInstallation,
  request: typeof fetch,
  url: string,
  assertion: string,
): Promise<Json | undefined> {
  let response: Response;
  let text: string;
  try {
    response = await request(url, {
      method: 'POST',
      headers: {
        accept: 'application/vnd.github+json',
        'user-agent': 'fairlead',
        authorization: `Bearer ${assertion}`,
      },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    text = (await response.text()).slice(0, longestAnswer);
  } catch (error) {
    const { name, message, cause } = error as Error & { cause?: Error };
    const why =
      name === 'TimeoutError' ? `no answer within ${timeoutMs / 1000} s` : (cause?.message ?? message);
    throw new AppError('unavailable', `GitHub gives no token for the App: ${why}`, {
      subject: app.subject,
      remedy: `Check that the hub reaches ${app.baseUrl}, through which proxy and with which certificate authority`,
      cause: error,
    });
  }
  if (response.ok) return parse(text);
  throw refusal(app, response.status, text.replaceAll(assertion, '…'));
}

function parse(text: string): Json | undefined {
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function refusal(app: AppInstallation, status: number, text: string): AppError {
  const { subject, appId, installationId } = app;
  const said = String(jsonAt(parse(text) ?? null, 'message') ?? '')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .slice(0, 200);
  const words = said === '' ? `${status}` : `${status}: ${said}`;
  if (status === 401) {
    return new AppError('unauthenticated', `GitHub does not know App ${appId} by its key (${words})`, {
      subject,
      remedy: "Check githubAppID, the private key (a newer one may have replaced it) and the hub's clock",
    });
  }
  if (status === 404) {
    return new AppError('not-found', `App ${appId} has no installation ${installationId} (${words})`, {
      subject,
      remedy:
        'Check githubAppInstallationID: it stands in the address of the installation in the settings of the organisation',
    });
  }
  if (status === 403) {
    return new AppError('denied', `GitHub gives installation ${installationId} no token (${words})`, {
      subject,
      remedy: 'Check that the installation is not suspended',
    });
  }
  return new AppError('unavailable', `GitHub gives no token for the App (${words})`, {
    subject,
    remedy: 'The hub asks again at every poll; what runs stays as it is',
  });
}
