/** A commit, taken apart: what was signed, and the signature over it. */
export interface SignedCommit {
  readonly payload: Uint8Array;
  readonly signature: { readonly type: 'gpg' | 'ssh'; readonly text: string };
}

const newline = 10;
const space = 32;

/**
 * Takes the signature out of a commit object's content, as Git does before it verifies: the header `gpgsig` with its
 * continuation lines, whatever bytes the rest has. `undefined`: it isn't signed. `unknown`: by a method that isn't known.
 */
export function splitSignedCommit(content: Uint8Array): SignedCommit | 'unknown' | undefined {
  const kept: Uint8Array[] = [];
  const signature: Uint8Array[] = [];
  let part: 'signed' | 'signature' | 'other' = 'signed';
  let at = 0;
  while (at < content.length && content[at] !== newline) {
    const end = content.indexOf(newline, at);
    const next = end < 0 ? content.length : end + 1;
    const line = content.subarray(at, next);
    if (line[0] !== space) part = partOfHeader(line);
    if (part === 'signed') kept.push(line);
    else if (part === 'signature') signature.push(line.subarray(line.indexOf(space) + 1));
    at = next;
  }
  if (signature.length === 0) return undefined;
  const text = Buffer.concat(signature).toString();
  const type = typeOf(text);
  if (type === undefined) return 'unknown';
  return { payload: Buffer.concat([...kept, content.subarray(at)]), signature: { type, text } };
}

/** A signature by the other hash (`gpgsig-sha256`) is left out of what was signed, and isn't the one over this object. */
function partOfHeader(line: Uint8Array): 'signed' | 'signature' | 'other' {
  if (startsWith(line, 'gpgsig ')) return 'signature';
  return startsWith(line, 'gpgsig-sha256 ') ? 'other' : 'signed';
}

function typeOf(text: string): 'gpg' | 'ssh' | undefined {
  if (text.startsWith('-----BEGIN SSH SIGNATURE-----')) return 'ssh';
  return /^-----BEGIN PGP (SIGNATURE|MESSAGE)-----/.test(text) ? 'gpg' : undefined;
}

function startsWith(line: Uint8Array, text: string): boolean {
  return (
    Buffer.from(line.buffer, line.byteOffset, Math.min(line.length, text.length)).toString('latin1') === text
  );
}
