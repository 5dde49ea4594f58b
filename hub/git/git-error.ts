import { AppError, type ErrorCode } from '../../core/error.ts';
import { stripCredentials } from './credentials.ts';
import { readSshOutput, type SshOutput } from './ssh-output.ts';

/** The local copy of a repository can't be used: half-written, or its files were changed. It is fetched anew. */
export class DamagedCopy extends Error {
  override readonly name = 'DamagedCopy';
}

interface Cause {
  readonly pattern: RegExp;
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
}

const later = 'The hub tries again at every poll; what runs stays as it is';
const credentials =
  'Give the hub credentials for this URL (--credentials), and check that those it has still hold';

/** What git couldn't write for want of room isn't damaged. */
const fullDisk = /no space left on device|disk quota exceeded|ENOSPC|EDQUOT/iu;

/** Git's own sentences under LC_ALL=C (2.30 to 2.50), most specific first. */
const causes: readonly Cause[] = [
  {
    pattern: fullDisk,
    code: 'unavailable',
    message: "the hub's disk is full",
    remedy: 'Make room where the hub keeps its data; it goes on by itself then',
  },
  {
    pattern: /could not resolve (host|proxy)|name or service not known|ENOTFOUND|EAI_AGAIN/iu,
    code: 'unavailable',
    message: "its host name can't be resolved",
    remedy: "Check the URL's host and the hub's DNS",
  },
  {
    pattern:
      /failed to connect|connection refused|couldn't connect|no route to host|network is unreachable|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH/iu,
    code: 'unavailable',
    message: 'nothing answers at its address',
    remedy: "Check that the Git server runs and that the hub's network lets it through",
  },
  {
    pattern: /(error:|RPC failed; HTTP) (429|5\d\d)/iu,
    code: 'unavailable',
    message: 'the Git server failed',
    remedy: later,
  },
  {
    pattern:
      /ECONNRESET|UND_ERR_SOCKET|hung up|early EOF|RPC failed|empty reply|connection (closed|reset) by/iu,
    code: 'unavailable',
    message: 'the connection was cut',
    remedy: later,
  },
  {
    pattern: /timed? ?out|operation too slow|ETIMEDOUT/iu,
    code: 'unavailable',
    message: 'it did not answer in time',
    remedy: later,
  },
  {
    pattern:
      /(error: 401|HTTP Error: 401|authentication failed|could not read (username|password)|permission denied \(|terminal prompts disabled)/iu,
    code: 'unauthenticated',
    message: 'the Git server asks for credentials, or refuses the ones it got',
    remedy: credentials,
  },
  {
    pattern: /error: 403/iu,
    code: 'denied',
    message: 'the Git server denies access with these credentials',
    remedy: 'Allow the hub to read this repository',
  },
  {
    pattern:
      /error: 404|repository '.*' not found|does not appear to be a git repository|repository not found|could not be found or you don't have permission/iu,
    code: 'not-found',
    message: 'there is no such repository',
    remedy: 'Check the URL, and that the hub may see the repository',
  },
  {
    pattern:
      /ssl certificate problem|certificate verif|self[- ]signed certificate|unable to get local issuer|unable to verify the first|certificate has expired|does not match certificate|no alternative certificate subject|ERR_TLS_CERT/iu,
    code: 'unavailable',
    message: "the Git server's certificate isn't trusted",
    remedy:
      'Give its certificate authority as ca of the credentials for this URL (--credentials), and check the name and the end of its certificate',
  },
  {
    pattern:
      /not valid: is this a git repository|smart http|bad line length|invalid (pkt|packet)|protocol error|expected .* but received/iu,
    code: 'unavailable',
    message: 'no Git server answers there',
    remedy:
      'Check the URL: a sign-in page or a proxy may stand before the Git server. The hub tries again at every poll',
  },
  {
    pattern: /load key .*(invalid format|error in libcrypto|bad passphrase)/iu,
    code: 'unauthenticated',
    message: "SSH can't use the private key",
    remedy: 'Put the whole private key there, in the form of OpenSSH or PEM and without a passphrase',
  },
  {
    pattern: /transport '.*' not allowed/iu,
    code: 'unsupported',
    message: 'Git is not read over this protocol',
    remedy: 'Use an https, http, ssh or git URL',
  },
];

/** Sentences about files of our own, whatever else went wrong after. */
const damage = /is corrupt|bad object|loose object|unable to create '.*\.lock'|cannot lock ref|bad config/iu;
/** Sentences that a cut connection gives as well: only where nothing else explains them. */
const likelyDamage =
  /unable to read|packfile .* (cannot|is)|index-pack failed|not a git repository:|missing (blob|tree|commit)|did not send all necessary objects|invalid (index|pack|object)/iu;

/** What a failed `git` wrote, as an AppError about the repository; DamagedCopy where the local copy is to blame. */
export function parseGitFailure(url: string, output: string): AppError | DamagedCopy {
  const said = readSshOutput(stripCredentials(output));
  const { text } = said;
  if (said.host !== undefined) return untrustedHost(url, said);
  if (damage.test(text) && !fullDisk.test(text)) return new DamagedCopy(firstReason(text));
  const cause = causes.find(({ pattern }) => pattern.test(text));
  if (cause !== undefined) {
    return new AppError(cause.code, `${cause.message} (${firstReason(text)})`, {
      subject: url,
      remedy: cause.remedy,
    });
  }
  if (likelyDamage.test(text)) return new DamagedCopy(firstReason(text));
  return new AppError('unavailable', `it can't be fetched: ${firstReason(text)}`, {
    subject: url,
    remedy: later,
  });
}

/** A host that SSH must not talk to: a person has to compare fingerprints. */
function untrustedHost(url: string, { host, hostKey, text }: SshOutput): AppError {
  const key = hostKey === undefined ? '' : ` (${hostKey.type} ${hostKey.fingerprint})`;
  const name = hostOf(url);
  const message =
    host === 'changed'
      ? `the host ${name} shows another key than the one that is known${key}`
      : `the host key of ${name} isn't known${key}`;
  const algorithm = hostKey === undefined ? '' : ` -t ${hostKey.type.replace(/^ssh-|-.*$/gu, '')}`;
  const scan = `ssh-keyscan${algorithm}${name.includes(':') ? ` -p ${name.split(':')[1] ?? ''}` : ''} ${name.split(':')[0] ?? ''}`;
  return new AppError('unavailable', key === '' ? `${message} (${firstReason(text)})` : message, {
    subject: url,
    remedy: `Compare the fingerprint with the one that the host's operator publishes; where it is right, put the line of \`${scan}\` into knownHosts of the credentials for this URL (--credentials)`,
  });
}

/** `host` or `host:port`. */
function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : (/^(?:[^@/]*@)?([^:/]+)/u.exec(url)?.[1] ?? url);
}

/** What git adds to every failure of SSH. */
const empty =
  /^(fatal: could not read from remote|please make sure you have the correct access|and the repository exists)/iu;

/** The line that says most, without Git's `fatal:`. */
function firstReason(text: string): string {
  const said = text.split('\n').filter((line) => line.trim() !== '');
  const telling = said.filter((line) => !empty.test(line));
  const lines = telling.length === 0 ? said : telling;
  const fatal =
    lines.find((line) => line.startsWith('fatal:')) ?? lines.find((line) => line.startsWith('error:'));
  return (fatal ?? lines[0] ?? 'no reason given').replace(/^(fatal|error): /u, '').trim();
}
