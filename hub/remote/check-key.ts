/** Why OpenSSH or a signer can't use a text as a private key; `undefined` where nothing speaks against it. */
export function keyProblem(text: string): string | undefined {
  const match = /-----BEGIN ([A-Z0-9 ]*)PRIVATE KEY-----([\s\S]*?)-----END/.exec(text);
  if (match === null) return 'is no private key in PEM';
  const [, kind = '', body = ''] = match;
  const isProtected =
    kind.startsWith('ENCRYPTED') ||
    /^Proc-Type:.*ENCRYPTED/m.test(body) ||
    (kind === 'OPENSSH ' && hasCipher(body));
  return isProtected ? 'is protected by a passphrase, which nobody is there to type' : undefined;
}

/** Whether the header of an OpenSSH key (PROTOCOL.key: magic, then the cipher's name) names a cipher. */
function hasCipher(body: string): boolean {
  const bytes = Buffer.from(body, 'base64');
  const magic = 'openssh-key-v1\0';
  if (bytes.toString('latin1', 0, magic.length) !== magic || bytes.length < magic.length + 4) return false;
  const length = bytes.readUInt32BE(magic.length);
  const start = magic.length + 4;
  return bytes.toString('latin1', start, start + length) !== 'none';
}
