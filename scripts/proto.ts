import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { withTemporaryFolder } from './generated.ts';
import { run, runOrThrow } from './run.ts';

const PROTO_SOURCES = 'proto/fairlead';
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
export async function findBaseline(root: string): Promise<Baseline> {
  if (!existsSync(join(root, '.git'))) return { type: 'none', why: 'this is no Git checkout' };
  for (const tag of await releases(root)) {
    if (await holdsProto(root, tag)) return { type: 'found', ref: tag, why: `release ${tag}` };
  }
  if (await holdsProto(root, 'HEAD')) {
    return { type: 'found', ref: 'HEAD', why: 'the last commit; no release yet' };
  }
  return { type: 'none', why: `no commit here holds ${PROTO_SOURCES}` };
}

/** Returns what breaks agents of the baseline; empty when nothing does. */
export async function findBreakingChanges(root: string, ref: string): Promise<string> {
  return withTemporaryFolder(async (folder) => {
    // An archive works in a shallow clone too, where buf's own Git reader would have to fetch.
    const archive = join(folder, 'baseline.tar');
    await runOrThrow(['git', 'archive', '--format=tar', `--output=${archive}`, ref, 'proto'], root);
    const command = ['buf', 'breaking', 'proto', '--against', `${archive}#strip_components=1`];
    const { code, output } = await run(command, { output: 'keep', cwd: root });
    return code === 0 ? '' : output;
  });
}

/** Release tags that HEAD descends from, newest first. */
async function releases(root: string): Promise<readonly string[]> {
  const command = ['git', 'tag', '--list', 'v*', '--merged', 'HEAD', '--sort=-version:refname'];
  const { code, output } = await run(command, { output: 'keep', cwd: root });
  return code === 0 ? output.split('\n').filter(Boolean) : [];
}

async function holdsProto(root: string, ref: string): Promise<boolean> {
  const command = ['git', 'cat-file', '-e', `${ref}:${PROTO_SOURCES}`];
  return (await run(command, { output: 'keep', cwd: root })).code === 0;
}
