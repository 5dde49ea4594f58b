import { AppError } from '../../core/error.ts';
import type { GitPort, SourceTree } from '../ports.ts';
import type { TextFile } from '../promotion/candidate.ts';
import {
  dependenciesOf,
  sameDependencies,
  type VersionMove,
  versionMoves,
} from '../promotion/chart-versions.ts';
import { applyEdits } from '../promotion/yaml-file.ts';
import { isWithin, joinPath } from '../render/source-paths.ts';
import type { Assignment } from '../resolve/assignment.ts';
import { normaliseGitUrl } from '../resolve/normalise-git-url.ts';
import { onlySource } from './only-source.ts';
import type { OtherReaders } from './other-readers.ts';
import type { FileContents } from './overlay-tree.ts';
import type { PromotionSource } from './promotion-source.ts';
import type { Workspace } from './workspaces.ts';

/** Versions of charts that a target's own chart is made of, as they become, and the files that this takes. */
export interface MovedChart {
  readonly moves: readonly VersionMove[];
  readonly files: FileContents;
}

const nothing: MovedChart = { moves: [], files: new Map() };

/**
 * Where each environment has a chart of its own that is made of others, their versions move with what is committed of
 * them: archives or folders below `charts/`, and Chart.lock where both charts are made of the same then. Throws
 * AppError `invalid` where the target's chart is shared, or the source's archive is missing.
 */
export async function moveChart(
  { git, otherReaders }: { readonly git: GitPort; readonly otherReaders: OtherReaders },
  assignment: Assignment,
  workspace: Workspace,
  { record }: PromotionSource,
): Promise<MovedChart> {
  const { path } = onlySource(assignment);
  const isSame = normaliseGitUrl(record.repoURL) === normaliseGitUrl(workspace.url);
  if (!isSame || record.chart !== undefined || record.path === path || record.commit === undefined)
    return nothing;
  if (!workspace.source.tree.has(joinPath(path, 'Chart.yaml'))) return nothing;
  const from: SourceTree = {
    tree: await git.readTree(record.repoURL, record.commit.id),
    read: (oids) => git.readBlobs(record.repoURL, oids),
  };
  const [source, target] = [await readChart(from, record.path), await readChart(workspace.source, path)];
  const moves = source === undefined || target === undefined ? [] : versionMoves(source, target);
  if (source === undefined || target === undefined || moves.length === 0) return nothing;
  const subject = assignment.application;
  const others = await otherReaders(workspace, target.file);
  if (others.length > 0) {
    throw new AppError(
      'invalid',
      `${target.file} names another version of ${moves[0]?.name} than ${source.file} and is shared with ${others.join(', ')}`,
      {
        subject,
        remedy: 'Give the environment a chart of its own, or change the version by hand for all of them',
      },
    );
  }
  const text =
    applyEdits(
      target.text,
      moves.map(({ edit }) => edit),
    ) ?? target.text;
  const files = new Map<string, Uint8Array | undefined>([[target.file, new TextEncoder().encode(text)]]);
  for (const move of moves) {
    const vendored = await vendoredFiles(from, record.path, move.name, move.after);
    if (vendored.size === 0) {
      throw new AppError(
        'invalid',
        `chart ${move.name} ${move.after} is not in ${joinPath(record.path, 'charts')}, so it can't be moved with its version`,
        {
          subject,
          remedy: 'Run `helm dependency update` there and commit the charts folder',
        },
      );
    }
    for (const old of belowCharts(workspace.source, path, move.name, move.before)) files.set(old, undefined);
    for (const [inner, content] of vendored) files.set(joinPath(path, inner), content);
  }
  const lock = joinPath(path, 'Chart.lock');
  if (workspace.source.tree.has(lock)) {
    const content = await readFile(from, joinPath(record.path, 'Chart.lock'));
    if (
      content === undefined ||
      !sameDependencies(dependenciesOf(source), dependenciesOf({ ...target, text }))
    ) {
      throw new AppError('invalid', `${lock} can't follow, since the charts are made of different parts`, {
        subject,
        remedy: `Set the versions in ${target.file} by hand and run \`helm dependency update\``,
      });
    }
    files.set(lock, content);
  }
  return { moves, files };
}

async function readChart(source: SourceTree, path: string): Promise<TextFile | undefined> {
  const file = joinPath(path, 'Chart.yaml');
  const content = await readFile(source, file);
  return content === undefined
    ? undefined
    : { file, text: new TextDecoder('utf-8', { ignoreBOM: true }).decode(content) };
}

async function readFile(source: SourceTree, path: string): Promise<Uint8Array | undefined> {
  const entry = source.tree.get(path);
  if (entry === undefined || (entry.type !== 'blob' && entry.type !== 'executable')) return undefined;
  return (await source.read([entry.oid])).get(entry.oid);
}

/** What is committed of one dependency: its archive, or all files of its folder. */
function belowCharts(source: SourceTree, path: string, name: string, version: string): readonly string[] {
  const archive = joinPath(path, `charts/${name}-${version}.tgz`);
  const folder = joinPath(path, `charts/${name}`);
  return [...source.tree.keys()].filter(
    (each) => each === archive || (isWithin(folder, each) && source.tree.get(each)?.type !== 'tree'),
  );
}

/** By path relative to the chart's folder. */
async function vendoredFiles(
  source: SourceTree,
  path: string,
  name: string,
  version: string,
): Promise<ReadonlyMap<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const file of belowCharts(source, path, name, version)) {
    const content = await readFile(source, file);
    if (content !== undefined) files.set(path === '' ? file : file.slice(path.length + 1), content);
  }
  return files;
}
