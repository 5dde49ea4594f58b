import type { Json } from '../../core/json.ts';
import { groupOf } from '../../core/object-ref.ts';
import type { Problem } from '../../core/problem.ts';
import type { CatalogFile } from './catalog.ts';
import { didYouMean } from './did-you-mean.ts';
import type { Document } from './documents.ts';
import { addProblem, type Fields } from './fields.ts';
import { parseAccessPolicy } from './parse-access-policy.ts';
import { parseApplication } from './parse-application.ts';
import { parseCluster } from './parse-cluster.ts';
import { parseFleet } from './parse-fleet.ts';
import { parseNotification } from './parse-notification.ts';
import { parseProject } from './parse-project.ts';
import { readYaml, type YamlDocument, type YamlRead } from './read-yaml.ts';
import { isBelow } from './repository-path.ts';

const argo = 'argoproj.io/v1alpha1';
const fairlead = 'fairlead.dev/v1alpha1';

interface KindParser {
  readonly apiVersion: string;
  /** Administrative kinds count only below the protected path. */
  readonly scope: 'anywhere' | 'protected';
  parse(document: Fields): Document;
}

const kinds: Readonly<Record<string, KindParser>> = {
  Application: { apiVersion: argo, scope: 'anywhere', parse: parseApplication },
  AccessPolicy: { apiVersion: fairlead, scope: 'protected', parse: parseAccessPolicy },
  AppProject: { apiVersion: argo, scope: 'protected', parse: parseProject },
  Cluster: { apiVersion: fairlead, scope: 'protected', parse: parseCluster },
  Fleet: { apiVersion: fairlead, scope: 'protected', parse: parseFleet },
  Notification: { apiVersion: fairlead, scope: 'protected', parse: parseNotification },
};

const fairleadKinds = Object.keys(kinds).filter((name) => kinds[name]?.apiVersion === fairlead);

/** Kinds of Argo CD itself. Rollout, Workflow and others of its group are plain objects of a source. */
const unsupportedArgoKinds: readonly string[] = ['ApplicationSet'];

/** A group that begins as ours do was meant to be one of them. */
const misspelt = /^apiVersion: *["']?(argo|fairl)/m;

/** Whether a file can hold documents of the catalog; most files of a repository can't and aren't parsed. */
export function mentionsCatalog(text: string): boolean {
  return text.includes('argoproj.io/') || text.includes('fairlead.dev/') || misspelt.test(text);
}

/**
 * Reads one file of the fleet path. `protectedPath` is the folder, from the repository's root, below which
 * administrative kinds count. Documents of other groups aren't ours and are left out. A file with a problem has no
 * documents here: `foldFiles` keeps those of its last good version.
 */
export function parseFile(path: string, oid: string, text: string, protectedPath: string): CatalogFile {
  const yaml = readYaml(path, text);
  if (yaml.type === 'problems') {
    return { path, oid, documents: [], problems: yaml.problems, stale: false };
  }
  const problems: Problem[] = [];
  const documents: Document[] = [];
  for (const source of yaml.documents) {
    const document = parseDocument(path, source, protectedPath, problems);
    if (document !== undefined) documents.push(document);
  }
  if (documents.length > 0) problems.push(...strayProblems(path, yaml));
  problems.sort((left, right) => (left.location?.line ?? 0) - (right.location?.line ?? 0));
  return { path, oid, documents: problems.length > 0 ? [] : documents, problems, stale: false };
}

/** Beside documents of the catalog, one that is no object at all may be another of them, broken by a slip. */
function strayProblems(
  file: string,
  { documents, others }: Extract<YamlRead, { type: 'read' }>,
): readonly Problem[] {
  const nameless = documents.filter(
    ({ values }) => values['apiVersion'] === undefined && values['kind'] === undefined,
  );
  const lines = [...nameless.map(({ location }) => location.line), ...others];
  return lines.map((line) => ({
    code: 'not-an-object',
    message: 'This document has neither apiVersion nor kind',
    location: line === undefined ? { file } : { file, line },
    remedy: 'Mend it, or move it to a file without documents of the catalog',
  }));
}

function parseDocument(
  file: string,
  source: YamlDocument,
  protectedPath: string,
  problems: Problem[],
): Document | undefined {
  const { location, fieldLines, values } = source;
  const fields: Fields = { document: { file, location, fieldLines, problems }, path: '', values };
  const { apiVersion, kind } = values;
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    checkNameless(fields, apiVersion, kind);
    return undefined;
  }
  const parser = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (parser === undefined || parser.apiVersion !== apiVersion) {
    checkForeign(fields, apiVersion, kind, parser);
    return undefined;
  }
  if (parser.scope === 'protected' && !isBelow(file, protectedPath)) {
    addProblem(fields, 'kind', {
      code: 'not-protected',
      message: `${kind} counts only below ${protectedPath}/, so that who may change applications can't change the rules`,
      remedy: `Move it below ${protectedPath}/`,
    });
    return undefined;
  }
  return parser.parse(fields);
}

/** A document that lost one of its two first lines is none of ours, unless the other says that it was meant to be. */
function checkNameless(fields: Fields, apiVersion: Json | undefined, kind: Json | undefined): void {
  const parser = typeof kind === 'string' && Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (parser !== undefined && typeof apiVersion !== 'string') {
    addProblem(fields, 'apiVersion', {
      code: 'missing-field',
      message: `This ${kind} has no apiVersion`,
      remedy: `Write apiVersion: ${parser.apiVersion}`,
    });
  } else if (apiVersion === argo || apiVersion === fairlead) {
    const known = Object.keys(kinds).filter((name) => kinds[name]?.apiVersion === apiVersion);
    addProblem(fields, 'kind', {
      code: 'missing-field',
      message: `This document of ${apiVersion} has no kind`,
      remedy: `Write kind: ${known.join(' or ')}`,
    });
  }
}

/** Documents of another API are none of ours, unless they were clearly meant to be. */
function checkForeign(
  fields: Fields,
  apiVersion: string,
  kind: string,
  parser: KindParser | undefined,
): void {
  const group = groupOf(apiVersion);
  if (group === groupOf(fairlead) && parser?.apiVersion !== fairlead) {
    addProblem(fields, 'kind', {
      code: 'unknown-kind',
      message: `There is no kind ${kind} in ${fairlead}`,
      remedy:
        didYouMean(kind, fairleadKinds) ??
        (parser === undefined
          ? `Known kinds are ${fairleadKinds.join(', ')}`
          : `${kind} is of ${parser.apiVersion}`),
    });
  } else if (group === groupOf(argo) && isMisspelt(kind)) {
    addProblem(fields, 'kind', {
      code: 'unknown-kind',
      message: `There is no kind ${kind} in ${argo}`,
      remedy: didYouMean(kind, argoKinds) ?? `Known kinds are ${argoKinds.join(', ')}`,
    });
  } else if (group === groupOf(argo) && unsupportedArgoKinds.includes(kind)) {
    addProblem(fields, 'kind', {
      code: 'unsupported-kind',
      message: `${kind} isn't supported yet`,
      remedy: 'Write the Applications that it would make as documents of their own',
    });
  } else if (parser !== undefined && isNear(apiVersion, parser.apiVersion)) {
    addProblem(fields, 'apiVersion', {
      code: 'wrong-value',
      message: `${kind} isn't read from ${apiVersion}`,
      remedy: `Write apiVersion: ${parser.apiVersion}`,
    });
  }
}

const argoKinds: readonly string[] = ['Application', 'AppProject', ...unsupportedArgoKinds];

/** Other kinds of the group, such as Rollout, are plain objects; one that is nearly ours was meant to be. */
function isMisspelt(kind: string): boolean {
  return !argoKinds.includes(kind) && didYouMean(kind, argoKinds) !== undefined;
}

function isNear(apiVersion: string, expected: string): boolean {
  return groupOf(apiVersion) === groupOf(expected) || didYouMean(apiVersion, [expected]) !== undefined;
}
