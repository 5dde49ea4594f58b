/** A host's key as SSH told of it. */
export interface HostKey {
  /** Such as `ssh-ed25519`. */
  readonly type: string;
  /** Such as `SHA256:…`. */
  readonly fingerprint: string;
}

/** What git and the SSH that it started wrote. */
export interface SshOutput {
  /** Without the lines that are for finding faults in SSH. */
  readonly text: string;
  readonly hostKey: HostKey | undefined;
  /** Whether its host is one that must not be trusted, and why. */
  readonly host: 'unknown' | 'changed' | undefined;
}

/** Reads what `ssh -o LogLevel=DEBUG1` wrote among git's own lines (OpenSSH 8 to 10). */
export function readSshOutput(output: string): SshOutput {
  const lines = output.split(/\r?\n/);
  const keyLine = lines
    .map((line) => /^debug1: Server host key: (\S+) (\S+)/u.exec(line))
    .find((match) => match !== null);
  const text = lines
    .filter(
      (line) =>
        !/^(debug\d:|OpenSSH_|Authenticat(ed|ing) (to|with) |Transferred: |Bytes per second: |@{5,})/u.test(
          line,
        ),
    )
    .join('\n');
  const [, type, fingerprint] = keyLine ?? [];
  const isRefused = /host key verification failed/iu.test(text);
  const isChanged =
    /remote host identification has changed|host key for .* has changed|possible DNS spoofing/iu.test(output);
  return {
    text,
    hostKey: type === undefined || fingerprint === undefined ? undefined : { type, fingerprint },
    host: isRefused ? (isChanged ? 'changed' : 'unknown') : undefined,
  };
}
