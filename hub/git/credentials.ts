/** What to show to repositories whose URL starts with a prefix. The longest prefix that fits wins. */
export interface GitCredential {
  /** Such as `https://git.example.com/platform/`. It fits at a `/` only, so that no other host is shown the secret. */
  readonly urlPrefix: string;
  /** Any name where the password is a token. */
  readonly username: string;
  readonly password: string;
}

/** A repository's address without secrets, and the header that carries them. */
export interface GitAddress {
  /** Without credentials: fit for a command line, a message and a file name. */
  readonly url: string;
  /** Value of the `Authorization` header, for http and https. */
  readonly authorization: string | undefined;
}

/** Takes credentials out of a URL (RFC 3986 userinfo), or finds the ones configured for it. Users of ssh URLs stay: they're no secret. */
export function parseGitAddress(url: string, credentials: readonly GitCredential[]): GitAddress {
  const parsed = /^https?:/i.test(url) && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined) return { url: stripPassword(url), authorization: undefined };
  const { username, password } = parsed;
  parsed.username = '';
  parsed.password = '';
  const clean = username === '' && password === '' ? url : parsed.href;
  if (username !== '' || password !== '') {
    return { url: clean, authorization: basic(decodeURIComponent(username), decodeURIComponent(password)) };
  }
  const found = credentials
    .filter(({ urlPrefix }) => isPrefix(urlPrefix, clean))
    .sort((left, right) => right.urlPrefix.length - left.urlPrefix.length)[0];
  return {
    url: clean,
    authorization: found === undefined ? undefined : basic(found.username, found.password),
  };
}

/** Removes the userinfo of every URL in a text that a tool wrote. */
export function stripCredentials(text: string): string {
  return text.replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^/\s@']*@/giu, '$1');
}

function stripPassword(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/[^/@:]*):[^/@]*@/iu, '$1@');
}

function isPrefix(prefix: string, url: string): boolean {
  if (!url.startsWith(prefix)) return false;
  return prefix.endsWith('/') || url.length === prefix.length || url[prefix.length] === '/';
}

function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
