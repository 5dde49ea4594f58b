import { AppError } from '../../core/error.ts';
import type { Credential, SecretSource } from '../credentials/credential.ts';
import type { RemoteAccess } from '../credentials/remote.ts';
import { keyProblem } from './check-key.ts';
import { Dispatchers } from './dispatchers.ts';
import { type AppInstallation, InstallationTokens } from './github-app.ts';
import { PrivateFiles } from './private-files.ts';
import type { ProbeTarget } from './probe.ts';
import { addressOf, chooseProxy } from './proxy-address.ts';
import { readSecret } from './read-secret.ts';
import { redactor } from './redact.ts';

export interface Login {
  readonly username: string;
  readonly password: string;
}

export interface AccessMakerOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
}

/** An entry's secrets, read and checked. */
interface Secrets {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly token: string | undefined;
  readonly privateKey: string | undefined;
  readonly knownHosts: string | undefined;
  readonly ca: string | undefined;
  readonly certificate: string | undefined;
  readonly certificateKey: string | undefined;
  readonly proxy: string | undefined;
}

/** Turns entries of the list into what tools and requests need, reading their secrets each time. */
export class AccessMaker {
  readonly #options: AccessMakerOptions;
  readonly #dispatchers: Dispatchers;
  readonly #files = new PrivateFiles();
  readonly #tokens: InstallationTokens;

  constructor(options: AccessMakerOptions) {
    this.#options = options;
    this.#dispatchers = new Dispatchers(options.environment);
    this.#tokens = new InstallationTokens(options.now);
  }

  /** Reads an entry's secrets without using them. Throws AppError naming the entry. */
  async check(credential: Credential): Promise<void> {
    await this.#read(credential);
  }

  /** `login`: what a URL itself holds, which wins. */
  async make(credential: Credential | undefined, login: Login | undefined): Promise<RemoteAccess> {
    const secrets = credential === undefined ? undefined : await this.#read(credential);
    const { ca, certificate, certificateKey: key, proxy, knownHosts } = secrets ?? {};
    const noProxy = credential?.noProxy ?? [];
    const clientCertificate =
      certificate === undefined || key === undefined ? undefined : { certificate, key };
    const request = this.#dispatchers.fetchBy({ ca, clientCertificate, proxy, noProxy });
    const shown = await this.#authenticate(credential, secrets, login, request);
    const isKey = credential?.authentication.type === 'ssh' && secrets?.privateKey !== undefined;
    return {
      entry: credential?.name,
      ...shown,
      caFile: await this.#file(ca),
      clientCertificate:
        clientCertificate === undefined
          ? undefined
          : {
              certificateFile: await this.#files.write(clientCertificate.certificate),
              keyFile: await this.#files.write(clientCertificate.key),
            },
      proxy: proxy === undefined ? { type: 'environment' } : { type: 'url', url: proxy, noProxy },
      ssh: {
        keyFile: isKey ? await this.#file(secrets.privateKey) : undefined,
        knownHostsFile: await this.#file(knownHosts),
      },
      fetch: request,
      redact: redactor([
        shown.login?.password,
        shown.authorization?.replace(/^\w+ /, ''),
        proxy === undefined ? undefined : new URL(proxy).password,
      ]),
    };
  }

  /** Where a URL's connection goes, and whom to trust there. */
  async target(url: string, credential: Credential | undefined): Promise<ProbeTarget> {
    const secrets = credential === undefined ? undefined : await this.#read(credential);
    const { ca, certificate, certificateKey: key } = secrets ?? {};
    const way = { proxy: secrets?.proxy, noProxy: credential?.noProxy ?? [] };
    const proxy = chooseProxy(url, way, this.#options.environment);
    return {
      url,
      ca,
      clientCertificate: certificate === undefined || key === undefined ? undefined : { certificate, key },
      proxy: proxy === undefined ? undefined : addressOf(proxy),
    };
  }

  /** What was made of an entry's secrets is made anew. */
  forget(credential: Credential): void {
    if (credential.authentication.type === 'github-app') this.#tokens.forget(credential.urlPrefix);
  }

  async close(): Promise<void> {
    await this.#dispatchers.close();
    await this.#files.close();
  }

  async #authenticate(
    credential: Credential | undefined,
    secrets: Secrets | undefined,
    login: Login | undefined,
    request: typeof fetch,
  ): Promise<Pick<RemoteAccess, 'authorization' | 'login'>> {
    if (login !== undefined) return basic(login);
    const nothing = { authorization: undefined, login: undefined };
    if (credential === undefined || secrets === undefined) return nothing;
    const { authentication } = credential;
    switch (authentication.type) {
      case 'none':
      case 'ssh':
        return nothing;
      case 'password':
        return basic({ username: secrets.username ?? '', password: secrets.password ?? '' });
      case 'bearer':
        return { authorization: `Bearer ${secrets.token ?? ''}`, login: undefined };
      case 'github-app': {
        const app: AppInstallation = {
          ...authentication,
          prefix: credential.urlPrefix,
          privateKey: secrets.privateKey ?? '',
          subject: subjectOf(credential),
        };
        // The name that GitHub asks for with such a token.
        return basic({ username: 'x-access-token', password: await this.#tokens.token(app, request) });
      }
    }
  }

  async #read(credential: Credential): Promise<Secrets> {
    const { authentication: auth, clientCertificate } = credential;
    const read = async (field: string, source: SecretSource | undefined): Promise<string | undefined> =>
      source === undefined ? undefined : readSecret(this.#options, credential, field, source);
    const keyField = auth.type === 'ssh' ? 'sshPrivateKey' : 'githubAppPrivateKey';
    const hasKey = auth.type === 'ssh' || auth.type === 'github-app';
    const isLogin = auth.type === 'password';
    const secrets: Secrets = {
      username: await read('username', isLogin ? auth.username : undefined),
      password: await read('password', isLogin ? auth.password : undefined),
      token: await read('bearerToken', auth.type === 'bearer' ? auth.token : undefined),
      privateKey: await read(keyField, hasKey ? auth.privateKey : undefined),
      knownHosts: await read('knownHosts', credential.knownHosts),
      ca: await read('ca', credential.ca),
      certificate: await read('clientCertificate', clientCertificate?.certificate),
      certificateKey: await read('clientKey', clientCertificate?.key),
      proxy: await read('proxy', credential.proxy),
    };
    checkSecrets(credential, keyField, secrets);
    return secrets;
  }

  async #file(text: string | undefined): Promise<string | undefined> {
    return text === undefined ? undefined : this.#files.write(text);
  }
}

function checkSecrets(credential: Credential, keyField: string, secrets: Secrets): void {
  const { password, token, username, privateKey, certificateKey, ca, certificate, proxy } = secrets;
  const found = [username, password, token].some((text) => text !== undefined && /[\r\n\0]/.test(text))
    ? { field: 'secret', why: 'holds more than one line', remedy: 'Put the secret there, alone' }
    : (keyFault(keyField, privateKey) ??
      keyFault('clientKey', certificateKey) ??
      certificateFault('ca', ca) ??
      certificateFault('clientCertificate', certificate) ??
      proxyFault(proxy));
  if (found === undefined) return;
  throw new AppError('invalid', `its ${found.field} ${found.why}`, {
    subject: subjectOf(credential),
    remedy: found.remedy,
  });
}

interface Fault {
  readonly field: string;
  readonly why: string;
  readonly remedy: string;
}

function keyFault(field: string, text: string | undefined): Fault | undefined {
  const why = text === undefined ? undefined : keyProblem(text);
  if (why === undefined) return undefined;
  return { field, why, remedy: 'Give one without a passphrase: ssh-keygen -p -N "" -f FILE takes it away' };
}

function certificateFault(field: string, text: string | undefined): Fault | undefined {
  if (text === undefined || text.includes('-----BEGIN CERTIFICATE-----')) return undefined;
  return {
    field,
    why: 'holds no certificate in PEM',
    remedy: 'Put it there as -----BEGIN CERTIFICATE----- …',
  };
}

function proxyFault(text: string | undefined): Fault | undefined {
  if (text === undefined) return undefined;
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return undefined;
  return {
    field: 'proxy',
    why: 'is no http or https address',
    remedy: 'Write http://proxy.example.com:3128',
  };
}

function subjectOf({ place, name }: Credential): string {
  return `${place} (${name})`;
}

function basic(login: Login): Pick<RemoteAccess, 'authorization' | 'login'> {
  const text = Buffer.from(`${login.username}:${login.password}`).toString('base64');
  return { authorization: `Basic ${text}`, login };
}

/** Takes the user and password out of an http(s) URL (RFC 3986 userinfo). */
export function splitUserinfo(url: string): { readonly address: string; readonly login: Login | undefined } {
  const parsed = /^https?:/i.test(url) && URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || (parsed.username === '' && parsed.password === '')) {
    return { address: url, login: undefined };
  }
  const login = {
    username: decodeURIComponent(parsed.username),
    password: decodeURIComponent(parsed.password),
  };
  parsed.username = '';
  parsed.password = '';
  return { address: parsed.href, login };
}
