import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve as resolvePath } from 'node:path';
import { promisify } from 'node:util';
import { AppError } from '../core/error.ts';
import type { Gate } from '../core/gate.ts';
import type { Manifest } from '../core/kube-object.ts';
import type { Log } from '../core/log.ts';
import { formatProblem, type Problem } from '../core/problem.ts';
import { type AccessAnswer, type AccessQuestion, answerAccess } from './access/answer.ts';
import { buildCatalog } from './catalog/build-catalog.ts';
import type { Catalog } from './catalog/catalog.ts';
import type { Source } from './catalog/documents.ts';
import { atFields } from './catalog/field-location.ts';
import { joinSources } from './desired/join-sources.ts';
import { findTool } from './find-tool.ts';
import { protectedPrefix, readFleetFiles } from './fleet-files.ts';
import { secretProblems, secretsOf } from './notify/secrets.ts';
import type { RenderPort, RenderResult, SourceTree } from './ports.ts';
import { readDirectory } from './read-directory.ts';
import { openRender } from './render/open-render.ts';
import type { Assignment } from './resolve/assignment.ts';
import { checkImages } from './resolve/check-images.ts';
import { checkRendered } from './resolve/check-rendered.ts';
import { findings } from './resolve/findings.ts';
import { normaliseGitUrl } from './resolve/normalise-git-url.ts';
import { resolve } from './resolve/resolve.ts';
import { withRulesOf } from './rules-of-base.ts';
import { withLocalParts } from './sources/offline-charts.ts';
import { prepareSources, type SourceFiles, type SourceRender } from './sources/prepare-sources.ts';

/** A catalog in a directory. */
interface CatalogPlace {
  /** The working directory of a fleet repository. */
  readonly dir: string;
  /** The folder of the catalog in it; the root where absent. */
  readonly fleetPath?: string;
  /** Where administrative kinds count, below the fleet path; `fleet` where absent. */
  readonly protectedPath?: string;
  /** The working directory of the base of a pull request: its rules count, and not those of `dir`. */
  readonly baseDir?: string;
}

export interface ValidateOptions extends CatalogPlace {
  /** Its URL in the documents; else its remote `origin`, if it is the root of a Git repository that has one. */
  readonly repoURL?: string;
  /** The hub's folder of secrets, to see whether it has those that Notifications name; not looked at where absent. */
  readonly notificationSecrets?: string;
  readonly render: RenderPort;
  readonly signal?: AbortSignal;
}

export interface Validation {
  /** What is wrong in the documents. */
  readonly problems: readonly Problem[];
  /** What is right but worth a look. */
  readonly findings: readonly Problem[];
  /** One per application, in the order of their keys. */
  readonly applications: readonly ValidatedApplication[];
}

export interface ValidatedApplication {
  /** `namespace/name`. */
  readonly application: string;
  /** Absent where the destination names no known cluster. */
  readonly cluster?: string;
  readonly result: ValidationResult;
}

export type ValidationResult =
  | { readonly type: 'rendered'; readonly objects: number }
  | { readonly type: 'refused'; readonly gate: Gate }
  | { readonly type: 'problems'; readonly problems: readonly Problem[] }
  /** Its source is in another repository, which is out of reach here. */
  | { readonly type: 'not-checked'; readonly repoURL: string };

const concurrency = 4;

function ignore(): void {
  // What rendering logs is of no use here: what matters is in the result.
}
const silent: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/**
 * `validateDirectory` with the helm and kustomize that `FAIRLEAD_HELM` and `FAIRLEAD_KUSTOMIZE` name, else those in the
 * PATH.
 */
export async function runValidate(options: Omit<ValidateOptions, 'render'>): Promise<Validation> {
  const tmpDir = await mkdtemp(join(tmpdir(), 'fairlead-validate-'));
  try {
    const { FAIRLEAD_HELM, FAIRLEAD_KUSTOMIZE, PATH } = process.env;
    const helm = FAIRLEAD_HELM ?? findTool('helm', PATH);
    const kustomize = FAIRLEAD_KUSTOMIZE ?? findTool('kustomize', PATH);
    const render = await openRender({ helm, kustomize, tmpDir, log: silent });
    return await validateDirectory({ ...options, render });
  } finally {
    await rm(tmpDir, { recursive: true, force: true });
  }
}

/**
 * Catalog, resolve and render over a working directory, without hub, cluster or network. Sources of this repository
 * are rendered as they stand in the directory, whatever revision their application names. Scopes of custom kinds that
 * no CustomResourceDefinition in a source tells are taken as namespaced. Throws AppError `not-found` where the
 * directory can't be read.
 */
export async function validateDirectory(options: ValidateOptions): Promise<Validation> {
  const dir = resolvePath(options.dir);
  const { source, catalog } = await readCatalog(options);
  const { assignments, refusals } = resolve(catalog);
  const repoURL = options.repoURL ?? (await originOf(dir));
  const applications: ValidatedApplication[] = refusals.map(({ application, cluster, gate }) => ({
    application,
    ...(cluster === undefined ? {} : { cluster }),
    result: { type: 'refused', gate },
  }));
  const waiting = [...assignments];
  async function work(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const result = await validateAssignment(next, catalog, source, repoURL, options);
      applications.push({ application: next.application, cluster: next.cluster, result });
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work));
  applications.sort((left, right) => (left.application < right.application ? -1 : 1));
  const secrets = options.notificationSecrets;
  const missing =
    secrets === undefined
      ? []
      : secretProblems(catalog.notifications.values(), secretsOf(resolvePath(secrets)));
  return { problems: [...catalog.problems, ...missing], findings: findings(catalog), applications };
}

async function validateAssignment(
  assignment: Assignment,
  catalog: Catalog,
  source: SourceTree,
  repoURL: string | undefined,
  { render, signal }: ValidateOptions,
): Promise<ValidationResult> {
  const held = catalog.frozen.get(assignment.application);
  if (held !== undefined) return { type: 'problems', problems: [held] };
  const elsewhere = assignment.sources.find((each) => !isHere(each, source, repoURL));
  if (elsewhere !== undefined) return { type: 'not-checked', repoURL: elsewhere.repoURL };
  const sources: SourceFiles[] = [];
  for (const each of assignment.sources) {
    const whole = await withLocalParts(each, source);
    if (whole.type === 'elsewhere') return { type: 'not-checked', repoURL: whole.repository };
    sources.push({ source: each, files: whole.files });
  }
  const prepared = await prepareSources(assignment, sources, undefined, render);
  if (prepared.type === 'problems') return prepared;
  const rendered = await renderAll(assignment, prepared.renders, signal);
  if (rendered.type === 'problems') return rendered;
  const gate =
    checkRendered(assignment, rendered.manifests, []) ??
    checkImages(assignment.imageRule, rendered.manifests);
  if (gate !== undefined) return { type: 'refused', gate };
  return { type: 'rendered', objects: rendered.manifests.length };
}

async function readCatalog(place: CatalogPlace): Promise<{ source: SourceTree; catalog: Catalog }> {
  const source = await readDirectory(resolvePath(place.dir));
  const fleet = {
    url: '',
    branch: '',
    path: place.fleetPath ?? '',
    protectedPath: place.protectedPath ?? 'fleet',
  };
  const judged =
    place.baseDir === undefined
      ? source
      : withRulesOf(await readDirectory(resolvePath(place.baseDir)), source, protectedPrefix(fleet));
  const { files } = await readFleetFiles(fleet, judged, { files: new Map() });
  return { source, catalog: buildCatalog([...files.values()]) };
}

/**
 * Who may do what by the documents of a directory. Throws AppError `invalid` where some of them can't be read: what they
 * would say may be the answer.
 */
export async function answerFromDirectory(place: CatalogPlace, asked: AccessQuestion): Promise<AccessAnswer> {
  const { catalog } = await readCatalog(place);
  const [first, ...others] = catalog.problems;
  if (first === undefined) return answerAccess(catalog, asked);
  const more = others.length === 0 ? '' : `, and ${others.length} more`;
  throw new AppError('invalid', `some documents can't be read: ${formatProblem(first)}${more}`, {
    remedy: 'Mend them; `fairlead validate` lists all',
  });
}

/** Without a URL to compare with, the paths decide. */
function isHere(wanted: Source, { tree }: SourceTree, repoURL: string | undefined): boolean {
  if (wanted.type === 'chart') return false;
  if (repoURL !== undefined) return normaliseGitUrl(repoURL) === normaliseGitUrl(wanted.repoURL);
  return wanted.type === 'git' && tree.has(wanted.path);
}

async function renderAll(
  { document, namespace }: Assignment,
  renders: readonly SourceRender[],
  signal: AbortSignal | undefined,
): Promise<RenderResult> {
  const parts: (readonly Manifest[])[] = [];
  for (const { field, prepared } of renders) {
    const rendered = await prepared.render(signal);
    if (rendered.type === 'problems') {
      return { type: 'problems', problems: atFields(rendered.problems, document, field) };
    }
    parts.push(rendered.manifests);
  }
  return { type: 'rendered', manifests: joinSources(parts, namespace) };
}

/** The remote `origin` of a directory that is the root of a Git repository; paths in it start elsewhere otherwise. */
async function originOf(dir: string): Promise<string | undefined> {
  if (!existsSync(join(dir, '.git'))) return undefined;
  try {
    const { stdout } = await promisify(execFile)('git', ['-C', dir, 'config', '--get', 'remote.origin.url']);
    return stdout.trim();
  } catch {
    // No remote, or no git binary: the paths decide then.
    return undefined;
  }
}
