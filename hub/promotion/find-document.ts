import type { Node } from 'yaml';
import { defaultNamespace } from '../catalog/parse-application.ts';
import type { TargetSource } from './candidate.ts';
import { readYamlFile, textAt, type YamlFile } from './yaml-file.ts';

/** The Application document in the file that holds it, among others perhaps. */
export function findDocument(
  document: TargetSource['document'],
): { readonly file: YamlFile; readonly root: Node } | undefined {
  const file = readYamlFile(document.text);
  const root = file?.roots.find(
    (each) =>
      textAt(file, each, ['kind']) === 'Application' &&
      textAt(file, each, ['metadata', 'name']) === document.name &&
      (textAt(file, each, ['metadata', 'namespace']) || defaultNamespace) === document.namespace,
  );
  return file === undefined || root === undefined ? undefined : { file, root };
}
