import { spawn } from 'node:child_process';

export type VerifierResult =
  | { readonly type: 'ended'; readonly code: number; readonly stdout: string; readonly stderr: string }
  /** It can't be started, or gave no answer in time. */
  | { readonly type: 'failed'; readonly reason: string };

const timeoutMs = 30_000;
const maxOutputBytes = 64 * 1024;

/** Runs a program that verifies, with nothing of the hub's environment. Never throws. */
export async function runVerifier(
  command: string,
  args: readonly string[],
  { cwd, input }: { readonly cwd: string; readonly input?: Uint8Array },
): Promise<VerifierResult> {
  const env = { PATH: '/usr/bin:/bin', HOME: cwd, GNUPGHOME: cwd, LC_ALL: 'C.UTF-8' };
  const child = spawn(command, [...args], {
    cwd,
    env,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: timeoutMs,
    killSignal: 'SIGKILL',
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    if (stdout.length < maxOutputBytes) stdout += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    if (stderr.length < maxOutputBytes) stderr += chunk.toString();
  });
  // One that ends without reading everything has said what it has to say.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ type: 'failed', reason: error.message }));
    child.once('close', (code, signal) => {
      if (code === null) resolve({ type: 'failed', reason: `it was ended by ${signal ?? 'a signal'}` });
      else resolve({ type: 'ended', code, stdout, stderr });
    });
  });
}
