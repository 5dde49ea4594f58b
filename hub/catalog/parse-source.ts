import { checkBuildVariable } from './build-variable.ts';
import type { HelmOptions, Source, SourceTool } from './documents.ts';
import {
  addProblem,
  booleanField,
  checkFields,
  type Fields,
  objectField,
  objectList,
  requiredString,
  stringField,
  stringList,
} from './fields.ts';
import { parseKustomize } from './parse-kustomize.ts';
import { repositoryPath } from './repository-path.ts';

const sourceFields = {
  read: ['repoURL', 'path', 'targetRevision', 'helm', 'kustomize', 'directory'],
  ignored: ['name', 'ref'],
  unsupported: {
    chart: 'Copy the chart into a Git repository and give its path',
    plugin: 'Commit what the plugin makes, or use Helm or Kustomize',
    tagPrefix: 'Give targetRevision the whole tag',
  },
};

const helmFields = {
  read: [
    'releaseName',
    'namespace',
    'valueFiles',
    'ignoreMissingValueFiles',
    'values',
    'valuesObject',
    'parameters',
    'skipCrds',
  ],
  // Charts come from Git, test hooks are never applied, and there is one version of Helm.
  ignored: ['passCredentials', 'skipTests', 'version'],
  unsupported: {
    apiVersions: "Remove it: the cluster's own API versions are used",
    kubeVersion: "Remove it: the cluster's own version is used",
    fileParameters: 'Write the content into a values file',
    skipSchemaValidation: "Remove it and mend the values that the chart's schema rejects",
  },
};

/** `spec.source`: one directory, Kustomize or Helm source in a Git repository. */
export function parseSource(fields: Fields): Source {
  checkFields(fields, sourceFields);
  const repoURL = requiredString(fields, 'repoURL', 'Add the URL of a Git repository').trim();
  checkRepoUrl(fields, repoURL);
  const targetRevision = stringField(fields, 'targetRevision') ?? '';
  checkRevision(fields, targetRevision);
  return {
    repoURL,
    targetRevision: targetRevision === '' ? 'HEAD' : targetRevision,
    path: parsePath(fields),
    tool: parseTool(fields),
  };
}

function parsePath(fields: Fields): string {
  // With a chart, the missing path isn't the mistake.
  if (fields.values['chart'] !== undefined) return '';
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
  if (/^oci:\/\//i.test(url)) {
    problem(
      'unsupported-field',
      "OCI sources aren't supported yet",
      'Put the manifests into a Git repository',
    );
  } else if (/^[a-z+]+:\/\/[^/@]*:[^/@]*@/i.test(url)) {
    const remedy = "Remove user and password from the URL, and change the password: it's in Git";
    problem('credentials-in-url', 'The repository URL holds a password', remedy);
  } else if (/\/(\.|%2e){1,2}(\/|$)/i.test(url)) {
    problem('wrong-value', "The repository URL holds '.' or '..'", "Write the repository's own URL");
  }
}

/** Characters that no branch or tag has (git-check-ref-format), as in ranges of versions. */
function checkRevision(fields: Fields, revision: string): void {
  if (!/[\s*^~:?[\\<>|]/.test(revision)) return;
  addProblem(fields, 'targetRevision', {
    code: 'unsupported-field',
    message: `${JSON.stringify(revision)} is no branch, tag or commit; ranges of versions aren't supported yet`,
    remedy: 'Name a branch, a tag or a commit',
  });
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

function parseHelm(fields: Fields): SourceTool {
  checkFields(fields, helmFields);
  const valuesObject = objectField(fields, 'valuesObject');
  const options: HelmOptions = {
    ...texts(fields, ['releaseName', 'namespace', 'values']),
    valueFiles: readValueFiles(fields),
    ignoreMissingValueFiles: booleanField(fields, 'ignoreMissingValueFiles') ?? false,
    ...(valuesObject === undefined ? {} : { valuesObject: valuesObject.values }),
    parameters: (objectList(fields, 'parameters') ?? []).map(readParameter),
    skipCrds: booleanField(fields, 'skipCrds') ?? false,
  };
  return { type: 'helm', options };
}

function readValueFiles(fields: Fields): readonly string[] {
  const files = stringList(fields, 'valueFiles') ?? [];
  for (const [index, file] of files.entries()) {
    if (!/^\$|^[a-z][a-z0-9+.-]*:\/\/|[*?[{]/i.test(file)) continue;
    addProblem(fields, `valueFiles[${index}]`, {
      code: 'unsupported-field',
      message: `The value file ${JSON.stringify(file)} isn't one file of the chart's repository, which isn't supported yet`,
      remedy:
        "Give each file's path relative to the chart, or from the repository's root with a leading slash",
    });
  }
  return files;
}

function readParameter(fields: Fields): HelmOptions['parameters'][number] {
  checkFields(fields, { read: ['name', 'value', 'forceString'] });
  const value = stringField(fields, 'value') ?? '';
  checkBuildVariable(fields, 'value', value);
  return {
    name: requiredString(fields, 'name', 'Add the name of a chart value, such as image.tag'),
    value,
    forceString: booleanField(fields, 'forceString') ?? false,
  };
}

function texts<Name extends string>(
  fields: Fields,
  names: readonly Name[],
): { readonly [name in Name]?: string } {
  const entries = names.flatMap((name) => {
    const text = stringField(fields, name) ?? '';
    return text === '' ? [] : [[name, text] as const];
  });
  return Object.fromEntries(entries) as { [name in Name]?: string };
}
