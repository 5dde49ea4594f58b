import { type Json, parseJson, writeJson } from '../../core/json.ts';
import type { CatalogFile } from '../catalog/catalog.ts';
import type { Document } from '../catalog/documents.ts';

/** A catalog file as text: JSON, with the map of field lines as a list of pairs. */
export function encodeCatalogFile(file: CatalogFile): string {
  const documents = file.documents.map((document) => ({
    ...document,
    fieldLines: [...document.fieldLines],
  }));
  return writeJson({ ...file, documents } as unknown as Json);
}

/** Reads what `encodeCatalogFile` wrote. */
export function decodeCatalogFile(text: string): CatalogFile {
  const file = parseJson(text) as unknown as CatalogFile;
  const documents = file.documents.map(
    (document) =>
      ({
        ...document,
        fieldLines: new Map(document.fieldLines as unknown as Iterable<readonly [string, number]>),
      }) as Document,
  );
  return { ...file, documents };
}
