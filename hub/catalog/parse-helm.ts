import { checkBuildVariable } from './build-variable.ts';
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

/** `spec.source.helm`. */
export function parseHelm(fields: Fields): SourceTool {
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
    if (!/^[a-z][a-z0-9+.-]*:\/\/|[*?[{]/i.test(file)) continue;
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
