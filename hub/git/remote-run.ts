import { dirname } from 'node:path';
import { isExempt } from '../credentials/match-url.ts';
import type { RemoteAccess } from '../credentials/remote.ts';
import type { GitRun } from './run-git.ts';

/**
 * A run of git that reaches one remote. Secrets travel in the environment, which other users don't see, never among the
 * arguments, which everybody does.
 */
export function remoteRun(run: GitRun, url: string, access: RemoteAccess): GitRun {
  const { authorization, caFile, clientCertificate: certificate } = access;
  const forUrl = {
    ...(authorization === undefined ? {} : { extraHeader: `Authorization: ${authorization}` }),
    // With a folder that holds no authorities, those of the machine don't count besides.
    ...(caFile === undefined ? {} : { sslCAInfo: caFile, sslCAPath: dirname(caFile) }),
    ...(certificate === undefined
      ? {}
      : { sslCert: certificate.certificateFile, sslKey: certificate.keyFile }),
    ...proxySetting(url, access),
  };
  const settings = Object.entries(forUrl).map(([name, value]) => [`http.${url}.${name}`, value]);
  return {
    ...run,
    settings: { ...run.settings, ...Object.fromEntries(settings) },
    trust: caFile === undefined ? 'machine' : 'settings',
    sshCommand: sshCommand(access),
  };
}

/** An empty one means: none, whatever the environment says. */
function proxySetting(url: string, { proxy }: RemoteAccess): { readonly proxy?: string } {
  if (proxy.type === 'environment' || !/^https?:/i.test(url)) return {};
  return { proxy: isExempt(url, proxy.noProxy) ? '' : proxy.url };
}

/** Nothing of a person's or machine's SSH configuration counts, a host must be known, and nobody is asked anything. */
function sshCommand({ ssh: { keyFile, knownHostsFile } }: RemoteAccess): string {
  const options = [
    'BatchMode=yes',
    'StrictHostKeyChecking=yes',
    'UpdateHostKeys=no',
    'ConnectTimeout=30',
    'ServerAliveInterval=15',
    // Tells the fingerprint of an unknown host; its lines are taken out of messages.
    'LogLevel=DEBUG1',
    ...(knownHostsFile === undefined
      ? []
      : [`UserKnownHostsFile=${sshPath(knownHostsFile)}`, 'GlobalKnownHostsFile=/dev/null']),
    ...(keyFile === undefined
      ? []
      : [`IdentityFile=${sshPath(keyFile)}`, 'IdentitiesOnly=yes', 'IdentityAgent=none']),
  ];
  return ['ssh', '-F', '/dev/null', ...options.flatMap((option) => ['-o', option])].map(shellWord).join(' ');
}

/** As ssh_config(5) reads a path: quoted for its spaces, `%` doubled. */
function sshPath(path: string): string {
  return `"${path.replaceAll('%', '%%')}"`;
}

/** Git hands the command to a shell. */
function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
