import type { HelmOptions, SourceTool } from './documents.ts';
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
  texts,
} from './fields.ts';

const helmFields = {
  read: [
    'releaseName',
    'namespace',
    'valueFiles',
    'ignoreMissingValueFiles',
    'values',
    'valuesObject',
    'parameters',
    'fileParameters',
    'skipCrds',
    'skipSchemaValidation',
    'kubeVersion',
    'apiVersions',
    'version',
  ],
  // Credentials go by the URL they are for, and test hooks are never applied.
  ignored: ['passCredentials', 'skipTests'],
};

/** `spec.source.helm`. */
export function parseHelm(fields: Fields): SourceTool {
  checkFields(fields, helmFields);
  checkVersion(fields);
  const valuesObject = objectField(fields, 'valuesObject');
  const fileParameters = (objectList(fields, 'fileParameters') ?? []).map(readFileParameter);
  const apiVersions = stringList(fields, 'apiVersions') ?? [];
  const options: HelmOptions = {
    ...texts(fields, ['releaseName', 'namespace', 'values', 'kubeVersion']),
    valueFiles: readValueFiles(fields),
    ignoreMissingValueFiles: booleanField(fields, 'ignoreMissingValueFiles') ?? false,
    ...(valuesObject === undefined ? {} : { valuesObject: valuesObject.values }),
    parameters: (objectList(fields, 'parameters') ?? []).map(readParameter),
    ...(fileParameters.length === 0 ? {} : { fileParameters }),
    skipCrds: booleanField(fields, 'skipCrds') ?? false,
    ...(booleanField(fields, 'skipSchemaValidation') === true ? { skipSchemaValidation: true } : {}),
    ...(apiVersions.length === 0 ? {} : { apiVersions }),
  };
  return { type: 'helm', options };
}

/** Argo CD knows `v3` alone. */
function checkVersion(fields: Fields): void {
  const { version = 'v3' } = texts(fields, ['version']);
  if (version === 'v3') return;
  addProblem(fields, 'version', {
    code: 'wrong-value',
    message: `There is no Helm ${JSON.stringify(version)} here`,
    remedy: 'Write v3, or remove the field',
  });
}

function readValueFiles(fields: Fields): readonly string[] {
  const files = stringList(fields, 'valueFiles') ?? [];
  files.forEach((file, index) => {
    checkNoUrl(fields, `valueFiles[${index}]`, file);
  });
  return files;
}

function readFileParameter(fields: Fields): { readonly name: string; readonly path: string } {
  checkFields(fields, { read: ['name', 'path'] });
  const path = requiredString(fields, 'path', 'Add the path of a file of the repository');
  checkNoUrl(fields, 'path', path);
  const name = requiredString(fields, 'name', 'Add the name of a chart value');
  // After a comma or an equals sign, Helm would read another name and another path.
  if (/[=,\\]/.test(name)) {
    addProblem(fields, 'name', {
      code: 'wrong-value',
      message: `A file parameter can't be called ${JSON.stringify(name)}`,
      remedy: 'Name one chart value, such as config.text',
    });
  }
  return { name, path };
}

/** What a web server answers isn't pinned by any commit. */
function checkNoUrl(fields: Fields, name: string, file: string): void {
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(file)) return;
  addProblem(fields, name, {
    code: 'unsupported-field',
    message: `Files aren't read from a web server, and ${JSON.stringify(file)} is an address`,
    remedy: "Put the file into a Git repository; give its path, or $ref/… for another source's",
  });
}

function readParameter(fields: Fields): HelmOptions['parameters'][number] {
  checkFields(fields, { read: ['name', 'value', 'forceString'] });
  const value = stringField(fields, 'value') ?? '';
  return {
    name: requiredString(fields, 'name', 'Add the name of a chart value, such as image.tag'),
    value,
    forceString: booleanField(fields, 'forceString') ?? false,
  };
}
