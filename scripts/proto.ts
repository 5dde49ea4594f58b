import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { withTemporaryFolder } from './generated.ts';
import { run, runOrThrow } from './run.ts';

export const PROTO_SOURCES = 'proto/fairlead';
export const PROTO_GENERATED = 'proto/gen';

/** Writes the wire code below `root`, at the place that buf.gen.yaml names. */
export async function generateProto(root: string): Promise<void> {
  await runOrThrow(['buf', 'generate', 'proto', '--template', 'proto/buf.gen.yaml', '-o', root]);
}

/** The version that the wire must stay compatible with. */
export type Baseline =
  | { readonly type: 'found'; readonly ref: string; readonly why: string }
  | { readonly type: 'none'; readonly why: string };

/**
 * The newest release that HEAD descends from: agents of it may be in the field. Before the first release nobody
 * runs an older agent, so the last commit is enough to notice an edit that breaks without meaning to.
 */
export async function findBaseline(): Promise<Baseline> {
  if (!existsSync('.git')) return { type: 'none', why: 'this is no Git checkout' };
  const tags = await git(['tag', '--list', 'v*', '--merged', 'HEAD', '--sort=-version:refname']);
  for (const tag of tags?.split('\n').filter(Boolean) ?? []) {
    if (await holdsProto(tag)) return { type: 'found', ref: tag, why: `release ${tag}` };
  }
  if (await holdsProto('HEAD')) return { type: 'found', ref: 'HEAD', why: 'the last commit; no release yet' };
  return { type: 'none', why: `no commit here holds ${PROTO_SOURCES}` };
}

/** Returns what breaks agents of the baseline; empty when nothing does. */
export async function findBreakingChanges(ref: string): Promise<string> {
  return withTemporaryFolder(async (folder) => {
    // An archive works in a shallow clone too, where buf's own Git reader would have to fetch.
    const archive = join(folder, 'baseline.tar');
    await runOrThrow(['git', 'archive', '--format=tar', `--output=${archive}`, ref, 'proto']);
    const against = `${archive}#strip_components=1`;
    const { code, output } = await run(['buf', 'breaking', 'proto', '--against', against], {
      output: 'keep',
    });
    return code === 0 ? '' : output;
  });
}

async function holdsProto(ref: string): Promise<boolean> {
  const { code } = await run(['git', 'cat-file', '-e', `${ref}:${PROTO_SOURCES}`], { output: 'keep' });
  return code === 0;
}

async function git(args: readonly string[]): Promise<string | undefined> {
  const { code, output } = await run(['git', ...args], { output: 'keep' });
  return code === 0 ? output : undefined;
}
