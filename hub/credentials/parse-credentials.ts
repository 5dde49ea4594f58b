import { isMap, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from 'yaml';
import { AppError } from '../../core/error.ts';
import type { Authentication, Credential, SecretSource } from './credential.ts';
import { comparableUrl, remoteSchemes } from './match-url.ts';

/** Fields that may be secret: each also as `…File` and `…Env`. */
const secretFields = [
  'username',
  'password',
  'bearerToken',
  'sshPrivateKey',
  'knownHosts',
  'githubAppPrivateKey',
  'ca',
  'clientCertificate',
  'clientKey',
  'proxy',
] as const;
const plainFields = [
  'name',
  'urlPrefix',
  'githubAppID',
  'githubAppInstallationID',
  'githubAppEnterpriseBaseUrl',
  'noProxy',
] as const;

type SecretField = (typeof secretFields)[number];
type PlainField = (typeof plainFields)[number];

/** An entry's fields as they were written. */
interface Entry {
  readonly place: string;
  readonly secrets: ReadonlyMap<SecretField, SecretSource>;
  readonly texts: ReadonlyMap<PlainField, string>;
}

/**
 * Reads the list of credentials. Fields that Argo CD's repository Secrets have bear their names. Throws AppError
 * `invalid` naming file and line; no message repeats a value, since any may be a secret in the wrong place.
 */
export function parseCredentials(text: string, file: string): readonly Credential[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const placeOf = (offset: number | undefined): string => `${file}:${lines.linePos(offset ?? 0).line}`;
  const [error] = document.errors;
  if (error !== undefined) throw invalid(placeOf(error.pos[0]), "the YAML can't be read here");
  if (document.contents === null) return [];
  if (!isSeq(document.contents)) throw invalid(`${file}:1`, 'this is no list');
  const entries = document.contents.items.map((item) => {
    const place = placeOf((item as { range?: readonly number[] }).range?.[0]);
    if (!isMap(item)) throw invalid(place, 'this entry is no mapping');
    return toCredential(readEntry(item, place, placeOf));
  });
  checkPrefixes(entries);
  return entries;
}

/** Two entries for one prefix would make chance decide. Throws AppError `invalid` at the second. */
export function checkPrefixes(entries: readonly Pick<Credential, 'urlPrefix' | 'place'>[]): void {
  const seen = new Map<string, string>();
  for (const { urlPrefix, place } of entries) {
    const prefix = comparableUrl(urlPrefix) ?? urlPrefix;
    const first = seen.get(prefix);
    if (first !== undefined) throw invalid(place, `its URL prefix is that of ${first} already`);
    seen.set(prefix, place);
  }
}

function readEntry(item: YAMLMap, place: string, placeOf: (offset: number | undefined) => string): Entry {
  const secrets = new Map<SecretField, SecretSource>();
  const texts = new Map<PlainField, string>();
  for (const { key, value } of item.items) {
    const name = isScalar(key) ? String(key.value) : '';
    const at = isScalar(key) ? placeOf(key.range?.[0]) : place;
    const plain = plainFields.find((each) => each === name);
    const secret = secretFields.find(
      (each) => name === each || (['File', 'Env'].includes(name.slice(each.length)) && name.startsWith(each)),
    );
    if (plain === undefined && secret === undefined) throw unknownField(at);
    const text = readText(value, plain === 'noProxy' ? 'list' : 'text');
    if (text === undefined) throw invalid(at, `${name} must be a text that isn't empty`);
    if (plain !== undefined) texts.set(plain, text);
    if (secret === undefined) continue;
    if (secrets.has(secret))
      throw invalid(at, `${secret}, ${secret}File and ${secret}Env exclude each other`);
    secrets.set(secret, sourceOf(name.slice(secret.length), text));
  }
  return { place, secrets, texts };
}

function readText(value: unknown, shape: 'text' | 'list'): string | undefined {
  if (shape === 'list' && isSeq(value)) {
    const items = value.items.map((item) => readText(item, 'text'));
    return items.some((item) => item === undefined) ? undefined : items.join(',');
  }
  if (!isScalar(value)) return undefined;
  const plain = value.value;
  if (typeof plain === 'number') return value.source ?? String(plain);
  return typeof plain === 'string' && plain.trim() !== '' ? plain.trim() : undefined;
}

function sourceOf(ending: string, text: string): SecretSource {
  if (ending === 'File') return { type: 'file', path: text };
  return ending === 'Env' ? { type: 'variable', name: text } : { type: 'text', text };
}

function toCredential(entry: Entry): Credential {
  const { place, texts, secrets } = entry;
  const urlPrefix = texts.get('urlPrefix');
  if (urlPrefix === undefined) throw invalid(place, 'urlPrefix is missing');
  const scheme = schemeOf(urlPrefix);
  if (scheme === undefined) {
    throw invalid(place, `urlPrefix must be an address of ${remoteSchemes.join(', ')}, or user@host:path`);
  }
  if (/^[a-z]+:\/\/[^/@]*:[^/]*@/iu.test(urlPrefix))
    throw invalid(place, 'urlPrefix must not hold a password');
  checkScheme(entry, scheme);
  const [knownHosts, ca, proxy] = (['knownHosts', 'ca', 'proxy'] as const).map((field) => secrets.get(field));
  const clientCertificate = readPair(entry, 'clientCertificate', 'clientKey');
  return {
    name: texts.get('name') ?? urlPrefix,
    urlPrefix,
    place,
    authentication: authenticationOf(entry, scheme),
    ...(knownHosts === undefined ? {} : { knownHosts }),
    ...(ca === undefined ? {} : { ca }),
    ...(clientCertificate === undefined
      ? {}
      : { clientCertificate: { certificate: clientCertificate[0], key: clientCertificate[1] } }),
    ...(proxy === undefined ? {} : { proxy }),
    ...(texts.has('noProxy') ? { noProxy: listOf(texts.get('noProxy') ?? '') } : {}),
  };
}

function schemeOf(urlPrefix: string): 'https' | 'http' | 'ssh' | 'oci' | undefined {
  const comparable = comparableUrl(urlPrefix);
  return remoteSchemes.find((scheme) => comparable?.startsWith(`${scheme}://`));
}

/** What a prefix's scheme has no use for would be a mistake about which server is shown what. */
function checkScheme({ place, secrets, texts }: Entry, scheme: 'https' | 'http' | 'ssh' | 'oci'): void {
  const forSsh = ['sshPrivateKey', 'knownHosts'];
  const odd = [...secrets.keys(), ...texts.keys()].find((field) => {
    if (field === 'name' || field === 'urlPrefix') return false;
    return (scheme === 'ssh') !== forSsh.includes(field);
  });
  if (odd === undefined) return;
  if (scheme !== 'ssh') throw invalid(place, `${odd} is for ssh, and this prefix is of ${scheme}`);
  const why = odd === 'proxy' ? ': reach this host over https to go through a proxy' : '';
  throw invalid(place, `${odd} has no use for ssh${why}`);
}

function authenticationOf(entry: Entry, scheme: string): Authentication {
  const { place, secrets, texts } = entry;
  const isApp =
    texts.has('githubAppID') || texts.has('githubAppInstallationID') || secrets.has('githubAppPrivateKey');
  const isLogin = secrets.has('password') || secrets.has('username');
  const token = secrets.get('bearerToken');
  if ([isApp, isLogin, token !== undefined].filter(Boolean).length > 1)
    throw invalid(place, 'username and password, bearerToken and the githubApp fields exclude each other');
  if (scheme === 'ssh') return { type: 'ssh', privateKey: secrets.get('sshPrivateKey') };
  if (isApp) return githubApp(entry, scheme);
  if (token !== undefined) return { type: 'bearer', token };
  if (!isLogin) return { type: 'none' };
  const password = secrets.get('password');
  if (password === undefined) throw invalid(place, 'username needs a password (or a token as password)');
  // Hosts that know tokens take any name with them.
  return { type: 'password', username: secrets.get('username') ?? { type: 'text', text: 'git' }, password };
}

function githubApp({ place, secrets, texts }: Entry, scheme: string): Authentication {
  const [appId, installationId] = [texts.get('githubAppID'), texts.get('githubAppInstallationID')];
  const privateKey = secrets.get('githubAppPrivateKey');
  if (appId === undefined || installationId === undefined || privateKey === undefined) {
    throw invalid(place, 'a GitHub App needs githubAppID, githubAppInstallationID and githubAppPrivateKey');
  }
  if (![appId, installationId].every((id) => /^[\w.-]+$/.test(id)) || !/^\d+$/.test(installationId))
    throw invalid(place, 'githubAppID and githubAppInstallationID must be the numbers that GitHub shows');
  if (scheme === 'oci') throw invalid(place, 'a GitHub App is for https, and this prefix is of oci');
  const base = texts.get('githubAppEnterpriseBaseUrl') ?? 'https://api.github.com';
  const url = URL.canParse(base) ? new URL(base) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '')
    throw invalid(
      place,
      'githubAppEnterpriseBaseUrl must be an https address, such as https://git.example.com/api/v3',
    );
  return { type: 'github-app', appId, installationId, privateKey, baseUrl: url.href.replace(/\/+$/, '') };
}

function readPair(
  { place, secrets }: Entry,
  one: SecretField,
  other: SecretField,
): readonly [SecretSource, SecretSource] | undefined {
  const [first, second] = [secrets.get(one), secrets.get(other)];
  if (first === undefined && second === undefined) return undefined;
  if (first === undefined || second === undefined)
    throw invalid(place, `${one} and ${other} need each other`);
  return [first, second];
}

function listOf(text: string): readonly string[] {
  return text
    .split(/[\s,]+/)
    .map((each) => each.trim())
    .filter((each) => each !== '');
}

function unknownField(place: string): AppError {
  const fields = [...plainFields, ...secretFields].join(', ');
  return invalid(
    place,
    `there is no field of this name; fields are ${fields}; secret ones also as …File and …Env`,
  );
}

function invalid(place: string, message: string): AppError {
  return new AppError('invalid', message, {
    subject: place,
    remedy:
      'Write each entry as - {urlPrefix: https://git.example.com/team/, username: fairlead, passwordFile: token}',
  });
}
