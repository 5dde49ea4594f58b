import { createTwoFilesPatch } from 'diff';
import { hideSecrets } from './hide-secrets.ts';
import type { FilePatch } from './proposal.ts';

/** Longer ones are of no use to a reader, and cost every page that shows them. */
const longestPatch = 200_000;
/** Lines that go and come in one file; the work grows with the square (measured: 0.5 s for as many, 10 s for 12,000). */
const mostEdits = 2_000;
/** Documents that hold values of Secrets, or make Secrets of values in the same file. */
const secrets = /\bkind["']?\s*:\s*["']?Secret["']?\s*(?:$|[,}\]#])|\bsecretGenerator["']?\s*:/mu;
/** Files that Secrets are made of elsewhere. */
const secretNames =
  /(?:^|[/._-])(?:secrets?|credentials?|passwords?)(?:[/._-]|$)|\.(?:env|pem|key|p12|pfx|jks)$/iu;

const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * What one file becomes, for people. `undefined`: there is none. Values of Secrets are never shown: neither files that
 * hold Secrets, nor lines with one of the values given.
 */
export function filePatch(
  path: string,
  before: Uint8Array | undefined,
  after: Uint8Array | undefined,
  values: ReadonlySet<string> = new Set(),
): FilePatch {
  const [old, young] = [decode(before), decode(after)];
  const what = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
  if (old === undefined || young === undefined) return { path, patch: `binary file ${what}\n` };
  if (secretNames.test(path) || secrets.test(old) || secrets.test(young)) {
    return { path, patch: `file ${what}; its lines are hidden, since it holds a Secret or is named so\n` };
  }
  const [from, to] = [before === undefined ? '/dev/null' : path, after === undefined ? '/dev/null' : path];
  const tooLong = { path, patch: `file ${what}; the difference is too long to show\n` };
  const limits = old === '' || young === '' ? {} : { maxEditLength: mostEdits };
  const patch = createTwoFilesPatch(from, to, old, young, undefined, undefined, { context: 3, ...limits });
  if (patch === undefined) return tooLong;
  // Without the heading that only this package writes.
  const unified = patch.replace(/^(?:Index: [^\n]*\n)?=+\n/u, '');
  return unified.length > longestPatch ? tooLong : { path, patch: hideSecrets(unified, values) };
}

/** A file's text, '' where there is none; `undefined` for what is no text. */
function decode(content: Uint8Array | undefined): string | undefined {
  if (content === undefined) return '';
  if (content.includes(0)) return undefined;
  try {
    return decoder.decode(content);
  } catch {
    return undefined;
  }
}
