import type { GitSource, RefSource, Source, SourceTool } from './documents.ts';
import {
  addProblem,
  booleanField,
  checkFields,
  type Fields,
  objectField,
  requiredString,
  stringField,
  texts,
} from './fields.ts';
import { isChartSource, parseChartSource } from './parse-chart-source.ts';
import { parseHelm } from './parse-helm.ts';
import { parseKustomize } from './parse-kustomize.ts';
import { repositoryPath } from './repository-path.ts';
import { parseVersionRange } from './version-range.ts';

const sourceFields = {
  read: [
    'name',
    'ref',
    'repoURL',
    'path',
    'chart',
    'targetRevision',
    'tagPrefix',
    'helm',
    'kustomize',
    'directory',
  ],
  unsupported: {
    plugin: 'Commit what the plugin makes, or use Helm or Kustomize',
  },
};

/** `spec.source` or one of `spec.sources`: a directory, Kustomize or Helm source in a Git repository, one for values, or a chart. */
export function parseSource(fields: Fields): Source {
  checkFields(fields, sourceFields);
  const repoURL = requiredString(fields, 'repoURL', 'Add the URL of a Git repository').trim();
  checkRepoUrl(fields, repoURL);
  if (isChartSource(fields)) {
    return parseChartSource(fields, { field: fields.path, ...texts(fields, ['name']), repoURL }, parseTool);
  }
  const targetRevision = stringField(fields, 'targetRevision') ?? '';
  checkRevision(fields, targetRevision);
  const ref = parseRef(fields);
  const base = {
    field: fields.path,
    ...texts(fields, ['name']),
    repoURL,
    targetRevision: targetRevision === '' ? 'HEAD' : targetRevision,
    ...parseTagPrefix(fields),
  };
  if (ref !== undefined && isForValuesAlone(fields)) return { ...base, type: 'ref', ref } satisfies RefSource;
  return {
    ...base,
    type: 'git',
    ...(ref === undefined ? {} : { ref }),
    path: parsePath(fields),
    tool: parseTool(fields),
  } satisfies GitSource;
}

/** Of several sources, one with `ref` and without a path renders nothing (Argo CD's rule). */
function isForValuesAlone(fields: Fields): boolean {
  const { path = '' } = fields.values;
  return fields.path !== 'spec.source' && (path === '' || path === null);
}

/** Argo CD's characters. */
function parseRef(fields: Fields): string | undefined {
  const { ref } = texts(fields, ['ref']);
  if (ref !== undefined && !/^[A-Za-z0-9_-]+$/.test(ref)) {
    addProblem(fields, 'ref', {
      code: 'wrong-value',
      message: `A ref can't be ${JSON.stringify(ref)}`,
      remedy: "Give it letters, digits, '-' and '_' only",
    });
  }
  return ref;
}

function parsePath(fields: Fields): string {
  const written = requiredString(
    fields,
    'path',
    "Add the folder of the manifests, or '.' for the repository's root",
  );
  const path = repositoryPath(written);
  if (path === undefined) {
    addProblem(fields, 'path', {
      code: 'wrong-path',
      message: `The path ${JSON.stringify(written)} leads out of the repository`,
      remedy: "Write it relative to the repository's root, without '..' and without a leading slash",
    });
  }
  return path ?? '';
}

function checkRepoUrl(fields: Fields, url: string): void {
  const problem = (code: string, message: string, remedy: string) =>
    addProblem(fields, 'repoURL', { code, message, remedy });
  if (/^[a-z+]+:\/\/[^/@]*:[^/@]*@/i.test(url)) {
    const remedy = "Remove user and password from the URL, and change the password: it's in Git";
    problem('credentials-in-url', 'The repository URL holds a password', remedy);
  } else if (/\/(\.|%2e){1,2}(\/|$)/i.test(url)) {
    problem('wrong-value', "The repository URL holds '.' or '..'", "Write the repository's own URL");
  }
}

/** Characters that no branch or tag has (git-check-ref-format). */
const notInRefs = /[\s*^~:?[\\<>|]/;

function checkRevision(fields: Fields, revision: string): void {
  if (!notInRefs.test(revision) || parseVersionRange(revision) !== undefined) return;
  addProblem(fields, 'targetRevision', {
    code: 'wrong-value',
    message: `${JSON.stringify(revision)} is no branch, tag or commit, and no range of versions`,
    remedy: 'Name a branch, a tag or a commit, or write a range such as 1.2.*, ^1.0 or ">=1.0 <2.0"',
  });
}

function parseTagPrefix(fields: Fields): { readonly tagPrefix?: string } {
  const prefix = texts(fields, ['tagPrefix']);
  if (notInRefs.test(prefix.tagPrefix ?? '')) {
    addProblem(fields, 'tagPrefix', {
      code: 'wrong-value',
      message: `No tag begins with ${JSON.stringify(prefix.tagPrefix)}`,
      remedy: 'Write what stands before the version in the tags, such as web/ for web/1.2.3',
    });
  }
  return prefix;
}

/** A tool without any option counts as not written, as in Argo CD. */
function parseTool(fields: Fields): SourceTool {
  const helm = objectField(fields, 'helm');
  const kustomize = objectField(fields, 'kustomize');
  const directory = objectField(fields, 'directory');
  const written = [helm, kustomize, directory].filter((tool) => tool !== undefined && !saysNothing(tool));
  const second = written[1];
  if (second !== undefined) {
    addProblem(second, '', {
      code: 'wrong-value',
      message: 'The source names more than one tool',
      remedy: 'Keep one of helm, kustomize and directory',
    });
  }
  const readers = [
    helm && { fields: helm, read: parseHelm },
    kustomize && { fields: kustomize, read: parseKustomize },
    directory && { fields: directory, read: parseDirectory },
  ];
  const tools = readers.flatMap((reader) =>
    reader ? [{ ...reader, tool: reader.read(reader.fields) }] : [],
  );
  return tools.find((tool) => tool.fields === written[0])?.tool ?? { type: 'detect' };
}

function saysNothing(fields: Fields): boolean {
  return Object.values(fields.values).every(
    (value) =>
      value === null ||
      value === false ||
      value === '' ||
      (typeof value === 'object' && Object.keys(value).length === 0),
  );
}

function parseDirectory(fields: Fields): SourceTool {
  checkFields(fields, {
    read: ['recurse', 'include', 'exclude'],
    unsupported: {
      jsonnet: 'Commit what Jsonnet makes',
      disableExtensionFilter: 'Give the files the ending .yaml, .yml or .json',
    },
  });
  const include = stringField(fields, 'include') ?? '';
  const exclude = stringField(fields, 'exclude') ?? '';
  return {
    type: 'directory',
    recurse: booleanField(fields, 'recurse') ?? false,
    ...(include === '' ? {} : { include }),
    ...(exclude === '' ? {} : { exclude }),
  };
}
