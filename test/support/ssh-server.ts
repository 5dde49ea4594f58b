import { spawn } from 'node:child_process';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import ssh2 from 'ssh2';
import { gitEnvironment } from './git-repo.ts';

/** A key pair for SSH. */
export interface SshKey {
  /** In OpenSSH's own form. */
  readonly privateKey: string;
  /** One line, as in authorized_keys and known_hosts. */
  readonly publicKey: string;
}

export interface SshServerOptions {
  /** Folder of bare repositories. */
  readonly dir: string;
  readonly hostKey: SshKey;
  /** Whoever holds its private part may read. */
  readonly allowed: SshKey;
  readonly port?: number;
}

export interface SshServer {
  readonly port: number;
  /** The address of a repository below `dir`. */
  url(repo: string): string;
  /** A line of known_hosts for this server with a key. */
  knownHost(key: SshKey): string;
  close(): Promise<void>;
}

export function makeSshKey(passphrase?: string): SshKey {
  const pair =
    passphrase === undefined
      ? ssh2.utils.generateKeyPairSync('ed25519')
      : ssh2.utils.generateKeyPairSync('ed25519', { passphrase, cipher: 'aes256-cbc', rounds: 1 });
  return { privateKey: pair.private, publicKey: pair.public };
}

/** A server that speaks the SSH protocol on loopback and runs `git upload-pack` for whoever has the right key. */
export async function startSshServer(options: SshServerOptions): Promise<SshServer> {
  const allowed = ssh2.utils.parseKey(options.allowed.publicKey);
  if (allowed instanceof Error) throw allowed;
  const clients = new Set<ssh2.Connection>();
  const server = new ssh2.Server({ hostKeys: [options.hostKey.privateKey] }, (client) => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
    client.on('error', () => clients.delete(client));
    client.on('authentication', (context) => {
      if (context.method !== 'publickey' || !context.key.data.equals(allowed.getPublicSSH())) {
        context.reject(['publickey']);
        return;
      }
      const { signature, blob } = context;
      if (signature === undefined || blob === undefined) context.accept();
      else if (allowed.verify(blob, signature, context.hashAlgo) === true) context.accept();
      else context.reject(['publickey']);
    });
    client.on('session', (accept) => {
      accept().on('exec', (acceptExec, rejectExec, { command }) => {
        const match = /^git-upload-pack '\/?([\w./-]+)'$/.exec(command);
        if (match === null) rejectExec();
        else serve(acceptExec(), join(options.dir, match[1] ?? ''));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: (repo) => `ssh://git@127.0.0.1:${port}/${repo}`,
    knownHost: ({ publicKey }) => `[127.0.0.1]:${port} ${publicKey}`,
    close: () =>
      new Promise((resolve) => {
        for (const client of clients) client.end();
        server.close(() => resolve());
      }),
  };
}

function serve(channel: ssh2.ServerChannel, repository: string): void {
  const child = spawn('git', ['upload-pack', repository], { env: gitEnvironment(), stdio: 'pipe' });
  child.on('error', () => channel.exit(127));
  child.stdin.on('error', () => undefined);
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  child.on('close', (code) => {
    channel.exit(code ?? 1);
    channel.end();
  });
}
