import { type Json, parseJson, writeJson } from '../../core/json.ts';
import type { CatalogFile } from '../catalog/catalog.ts';
import type { Document } from '../catalog/documents.ts';
import { readerVersion } from '../catalog/reader-version.ts';

/** A catalog file as text: JSON, with the map of field lines as a list of pairs, and who read it. */
export function encodeCatalogFile(file: CatalogFile): string {
  const documents = file.documents.map((document) => ({
    ...document,
    fieldLines: [...document.fieldLines],
  }));
  return writeJson({ ...file, documents, readerVersion } as unknown as Json);
}

/** Reads what `encodeCatalogFile` wrote. What another version of the hub made of the text is read from Git again: no id fits it. */
export function decodeCatalogFile(text: string): CatalogFile {
  const { readerVersion: reader, ...file } = parseJson(text) as unknown as CatalogFile & {
    readonly readerVersion?: number;
  };
  const documents = file.documents.map((document) => ({
    ...withSources(document),
    fieldLines: new Map(document.fieldLines as unknown as Iterable<readonly [string, number]>),
  }));
  return { ...file, ...(reader === readerVersion ? {} : { oid: '' }), documents };
}

/** An Application had one `source` once. */
function withSources(document: Document & { readonly source?: object }): Document {
  const { source, ...rest } = document;
  if (source === undefined) return document;
  return { ...rest, sources: [{ type: 'git', field: 'spec.source', ...source }] } as unknown as Document;
}
