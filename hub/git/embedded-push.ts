import type { AppError } from '../../core/error.ts';
import type { RemoteAccess } from '../credentials/remote.ts';
import { authorizationOf } from './embedded-http.ts';
import type { DamagedCopy } from './git-error.ts';
import { encodePack, type NewObject } from './new-object.ts';
import { parsePushFailure, rejectedPush } from './push-error.ts';

export interface EmbeddedPush {
  /** Without credentials. */
  readonly url: string;
  readonly access: RemoteAccess;
  readonly branch: string;
  readonly expected: string | undefined;
  readonly commit: string;
  readonly objects: readonly NewObject[];
  readonly signal: AbortSignal;
}

const decoder = new TextDecoder();

/**
 * Sets one branch by Git's smart protocol over HTTP (gitprotocol-pack(5), "Pushing Data To a Server"), sending exactly
 * the objects given: isomorphic-git's own push would walk every tree of the repository to find them. Throws AppError.
 */
export async function pushBranch(push: EmbeddedPush): Promise<void> {
  const { url, branch } = push;
  const response = await push.access.fetch(`${url}/git-receive-pack`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-git-receive-pack-request',
      accept: 'application/x-git-receive-pack-result',
      ...authorizationOf(push.access),
    },
    // A redirected POST would arrive as a GET, without the push.
    redirect: 'manual',
    body: new Uint8Array(requestBody(push)),
    signal: push.signal,
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw parsePushFailure(url, `fatal: the server answered with error: ${response.status}`);
  }
  const failure = readReport(url, branch, new Uint8Array(await response.arrayBuffer()));
  if (failure !== undefined) throw failure;
}

function requestBody({ branch, expected, commit, objects }: EmbeddedPush): Buffer {
  const old = expected ?? '0'.repeat(commit.length);
  const command = `${old} ${commit} refs/heads/${branch}\0 report-status side-band-64k agent=fairlead\n`;
  const pack = encodePack(commit.length === 64 ? 'sha256' : 'sha1', objects);
  return Buffer.concat([packetLine(command), Buffer.from('0000'), pack]);
}

function packetLine(text: string): Buffer {
  const content = Buffer.from(text);
  return Buffer.concat([Buffer.from((content.length + 4).toString(16).padStart(4, '0')), content]);
}

/** Lines of the packet format; stops at the first that is cut off. */
function* packets(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = Number.parseInt(decoder.decode(bytes.subarray(at, at + 4)), 16);
    if (Number.isNaN(length) || at + length > bytes.length) return;
    if (length > 4) yield bytes.subarray(at + 4, at + length);
    at += Math.max(length, 4);
  }
}

/** What the server reports of the push; `undefined` where all went well. */
function readReport(url: string, branch: string, answer: Uint8Array): AppError | DamagedCopy | undefined {
  const report: Uint8Array[] = [];
  let said = '';
  for (const packet of packets(answer)) {
    const text = packet.subarray(1);
    if (packet[0] === 1) report.push(text);
    if (packet[0] === 2) said += decoder.decode(text);
    if (packet[0] === 3) return parsePushFailure(url, `fatal: ${decoder.decode(text)}`);
  }
  const lines = [...packets(Buffer.concat(report))].map((line) => decoder.decode(line).trim());
  const ref = `refs/heads/${branch}`;
  const refused = lines.find((line) => line.startsWith(`ng ${ref} `));
  if (refused !== undefined) return rejectedPush(url, branch, refused.slice(`ng ${ref} `.length), said);
  if (lines.includes('unpack ok') && lines.includes(`ok ${ref}`)) return undefined;
  const unpack = lines.find((line) => line.startsWith('unpack ') && line !== 'unpack ok');
  if (unpack !== undefined)
    return parsePushFailure(url, `error: the Git server could not take it: ${unpack}`);
  return parsePushFailure(url, 'fatal: early EOF: the answer to the push was cut off');
}
