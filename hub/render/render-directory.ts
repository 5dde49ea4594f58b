import { isGlob, matchesGlob } from '../../core/glob.ts';
import type { Manifest } from '../../core/kube-object.ts';
import type { Problem } from '../../core/problem.ts';
import type { SourceTool } from '../catalog/documents.ts';
import { newExpansion } from '../catalog/yaml-value.ts';
import type { RenderResult } from '../ports.ts';
import { Closure } from './closure.ts';
import { type ManifestRead, readManifests } from './read-manifests.ts';
import { failed, type Preparation, type RenderJob } from './renderer.ts';
import { decodeText } from './source-files.ts';

export type DirectoryTool = Extract<SourceTool, { type: 'directory' }>;

/** A file that says so is no manifest (Argo CD's rule). */
const skipMark = '+argocd:skip-file-rendering';

/** Plain YAML and JSON files of a folder. */
export async function prepareDirectory(
  job: RenderJob,
  tool: DirectoryTool,
  maxBytes: number,
): Promise<Preparation> {
  const { origin } = job.request;
  for (const pattern of [tool.include, tool.exclude]) {
    if (pattern === undefined || isGlob(pattern, 'name')) continue;
    return failed({
      code: 'malformed-glob',
      message: `${pattern} is not a pattern`,
      location: origin,
      field: 'spec.source.directory',
      remedy: 'Close its brackets and braces: {a.yaml,b.yaml}',
    });
  }
  const paths = selectFiles(job, tool);
  const jsonnet = paths.find((path) => path.endsWith('.jsonnet'));
  if (jsonnet !== undefined) {
    return failed({
      code: 'unsupported',
      message: 'Jsonnet is not rendered yet',
      location: { file: jsonnet },
      remedy: 'Commit its output as YAML, or leave it out with directory.exclude',
    });
  }
  if (paths.length === 0) {
    return failed({
      code: 'no-manifests',
      message: `${job.path === '' ? 'the root of the repository' : job.path} holds no YAML or JSON file that is to be read`,
      location: origin,
      field: 'spec.source.path',
      remedy: 'Check the path, directory.recurse and the include and exclude patterns',
    });
  }
  const closure = new Closure(job.files);
  const places = new Map<string, string>();
  const problems = await addFiles(job, paths, closure, places);
  if (problems.length > 0) return failed(...problems);
  return {
    type: 'ready',
    closure,
    inputs: ['directory', closure.describe()],
    render: () => renderFiles(job, places, maxBytes),
  };
}

/** Notes where the content of each file stands: for a link, elsewhere. Links to folders are left out, as Argo CD does. */
async function addFiles(
  { files }: RenderJob,
  paths: readonly string[],
  closure: Closure,
  places: Map<string, string>,
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  for (const path of paths) {
    const found = await files.find(path);
    if (found.type === 'file') {
      for (const link of found.links) closure.add(link);
      closure.add(found.path);
      places.set(path, found.path);
    } else if (found.type === 'missing' || found.type === 'unreachable') {
      problems.push({
        code: 'unreachable-file',
        message: found.type === 'missing' ? 'this link points to nothing' : found.reason,
        location: { file: path },
        remedy: 'Let links point to files of the same repository',
      });
    }
  }
  return problems;
}

function selectFiles({ files, path: folder }: RenderJob, tool: DirectoryTool): readonly string[] {
  const candidates = tool.recurse ? [...files.walk(folder)].map(([path]) => path) : files.list(folder);
  return candidates.filter((path) => {
    const type = files.tree.get(path)?.type;
    if (type === 'tree' || type === 'submodule' || !/\.(yaml|yml|json|jsonnet)$/u.test(path)) return false;
    const relative = folder === '' ? path : path.slice(folder.length + 1);
    // Argo CD matches these without a separator: `*` crosses folders.
    if (tool.exclude !== undefined && tool.exclude !== '' && matchesGlob(tool.exclude, relative, 'name'))
      return false;
    return tool.include === undefined || tool.include === '' || matchesGlob(tool.include, relative, 'name');
  });
}

async function renderFiles(
  job: RenderJob,
  places: ReadonlyMap<string, string>,
  maxBytes: number,
): Promise<RenderResult> {
  const blobs = await job.files.read([...places.values()]);
  const manifests: Manifest[] = [];
  const problems: Problem[] = [];
  /** Of files that are no manifests. */
  const skipped: Problem[] = [];
  const expansion = newExpansion();
  let total = 0;
  for (const [file, place] of places) {
    const bytes = blobs.get(place);
    total += bytes?.length ?? 0;
    const text = decodeText(bytes);
    if (text === undefined) {
      problems.push({
        code: 'not-utf-8',
        message: 'this file is not UTF-8 text',
        location: { file },
        remedy: 'Save it as UTF-8',
      });
    } else if (!text.includes(skipMark)) {
      const read = readManifests(text, ({ line }) => ({ file, line }), expansion);
      manifests.push(...read.manifests);
      (isNoManifest(file, text, read) ? skipped : problems).push(...read.problems);
    }
    if (total > maxBytes) return failed(tooLarge(file, maxBytes));
  }
  // Nothing but such files: then they were meant to be some.
  if (problems.length === 0 && manifests.length === 0) problems.push(...skipped);
  return problems.length > 0 ? failed(...problems) : { type: 'rendered', manifests };
}

/**
 * Argo CD passes over YAML that is no manifest: that lacks `apiVersion:`, `kind:` or `metadata:`. Here it has to be YAML
 * that has none of the three, since a slip in a manifest must not look like its removal.
 */
function isNoManifest(file: string, text: string, { manifests, problems }: ManifestRead): boolean {
  if (manifests.length > 0 || file.endsWith('.json')) return false;
  const areForeign = problems.every(({ code }) => code === 'missing-api-version');
  return areForeign && !/^[\s-]*["']?(apiVersion|kind|metadata)["']?\s*:/mu.test(text);
}

function tooLarge(file: string, maxBytes: number): Problem {
  return {
    code: 'render-too-large',
    message: `with this file, the manifests are larger than ${maxBytes} bytes together`,
    location: { file },
    remedy: 'Split the application',
  };
}
