import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AppError } from '../../core/error.ts';
import { afterFailure, passed, skipped, type TestStep } from '../credentials/describe-test.ts';
import { comparableUrl } from '../credentials/match-url.ts';

/** Where a URL's connection goes, and whom to trust there. */
export interface ProbeTarget {
  readonly url: string;
  /** `host:port` of the proxy; `undefined`: straight to the host. */
  readonly proxy: { readonly host: string; readonly port: number } | undefined;
  /** In PEM; the machine's own authorities where `undefined`. */
  readonly ca: string | undefined;
  readonly clientCertificate: { readonly certificate: string; readonly key: string } | undefined;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

const timeoutMs = 10_000;
const defaultPorts: Readonly<Record<string, number>> = { http: 80, https: 443, oci: 443, ssh: 22 };

/** Name, connection and TLS, one after the other; nothing is shown to the server. */
export async function probe(target: ProbeTarget): Promise<readonly TestStep[]> {
  const match = /^(\w+):\/\/(\[[^\]]*\]|[^/:]+)(?::(\d+))?/.exec(comparableUrl(target.url) ?? '');
  const [, scheme = '', name = '', port] = match ?? [];
  const own = { host: name.replace(/^\[|\]$/g, ''), port: Number(port ?? defaultPorts[scheme]) };
  const via = target.proxy === undefined ? '' : 'the proxy ';
  const address = target.proxy ?? own;
  const found = await resolveName(address, via);
  if (found.result === 'failed') return [found, afterFailure('connection'), afterFailure('tls')];
  const connection = await reach(address, via);
  if (connection.result === 'failed') return [found, connection, afterFailure('tls')];
  return [found, connection, await secure(scheme, own, target)];
}

async function resolveName({ host }: Address, via: string): Promise<TestStep> {
  try {
    const addresses = await lookup(host, { all: true });
    return passed('name', `${via}${host} is ${addresses.map(({ address }) => address).join(', ')}`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return failed('name', `the name of ${via}${host} can't be resolved (${code ?? 'no reason given'})`, {
      remedy: "Check the URL's host and the hub's DNS",
    });
  }
}

async function reach({ host, port }: Address, via: string): Promise<TestStep> {
  const at = `${via}${host}:${port}`;
  try {
    await new Promise<void>((resolve, reject) => {
      const socket = connect({ host, port, timeout: timeoutMs });
      socket.once('connect', () => resolve());
      socket.once('timeout', () => reject(new Error(`no answer within ${timeoutMs / 1000} s`)));
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed')));
      socket.once('connect', () => socket.destroy());
      socket.once('timeout', () => socket.destroy());
    });
    return passed('connection', `${at} answers`);
  } catch (error) {
    return failed('connection', `${at} can't be reached: ${reasonOf(error)}`, {
      remedy:
        "Check that the server runs and that the hub's network (firewall, NetworkPolicy, proxy) lets it through",
    });
  }
}

async function secure(scheme: string, { host, port }: Address, target: ProbeTarget): Promise<TestStep> {
  if (scheme === 'ssh') return skipped('tls', 'SSH has host keys of its own');
  if (scheme === 'http')
    return skipped('tls', 'http has none: what the hub is shown can be read and changed on the way');
  if (target.proxy !== undefined) return skipped('tls', 'it goes through the proxy, with the next step');
  const { ca, clientCertificate: own } = target;
  try {
    const issuer = await new Promise<string>((resolve, reject) => {
      const socket = connectTls({
        host,
        port,
        timeout: timeoutMs,
        ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
        ...(ca === undefined ? {} : { ca }),
        ...(own === undefined ? {} : { cert: own.certificate, key: own.key }),
      });
      socket.once('secureConnect', () => {
        const { issuer: by, valid_to: until } = socket.getPeerCertificate();
        resolve(`by ${by?.O ?? by?.CN ?? 'an authority without a name'}, until ${until}`);
        socket.destroy();
      });
      socket.once('timeout', () => {
        reject(new Error(`no answer within ${timeoutMs / 1000} s`));
        socket.destroy();
      });
      socket.once('error', reject);
      socket.once('close', () => reject(new Error('closed')));
    });
    return passed('tls', `the certificate is trusted: ${issuer}`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return failed('tls', `the certificate isn't trusted: ${reasonOf(error)}`, {
      remedy:
        code === 'CERT_HAS_EXPIRED'
          ? 'Let the host renew its certificate'
          : 'Give its certificate authority as ca of the credentials for this URL (--credentials), and check the name',
    });
  }
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const said = message === '' ? AppError.from(error).message : message;
  return code === undefined || said.includes(code) ? said || String(code) : `${said} (${code})`;
}

function failed(step: TestStep['step'], detail: string, { remedy }: { readonly remedy: string }): TestStep {
  return { step, result: 'failed', detail, remedy };
}
