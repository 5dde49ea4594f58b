import { canonicalJson, isJsonObject, type Json, type JsonObject } from '../../core/json.ts';
import type { ApplicationDocument, GitSource } from '../catalog/documents.ts';
import { parseFile } from '../catalog/parse-file.ts';
import { readYaml } from '../catalog/read-yaml.ts';
import { repositoryPath } from '../catalog/repository-path.ts';
import { type FleetConfig, protectedPrefix } from '../fleet-files.ts';
import type { SourceTree } from '../ports.ts';
import { singleSource } from './only-source.ts';

/** How an application's document has changed since another commit of the fleet repository. */
export type DocumentChange =
  /** It says the same of the source. */
  | { readonly type: 'same' }
  /** Its file as it was brings the source back, and changes nothing else. */
  | { readonly type: 'restorable'; readonly source: GitSource; readonly content: Uint8Array }
  /** Its source was another, and only a person can bring that back: `why` ends a sentence. */
  | { readonly type: 'by-hand'; readonly source?: GitSource; readonly why: string };

/** Compares the document of an application in one file at two commits. */
export async function compareDocument(
  fleet: FleetConfig,
  application: string,
  file: string,
  trees: { readonly past: SourceTree; readonly now: SourceTree },
): Promise<DocumentChange> {
  const [past, now] = await Promise.all([
    readDocument(fleet, application, file, trees.past),
    readDocument(fleet, application, file, trees.now),
  ]);
  if (now === undefined) return { type: 'by-hand', why: `its document in ${file} can't be read now` };
  if (past === undefined) return { type: 'by-hand', why: `its document was not in ${file} at that time` };
  if (equal(past.document.sources, now.document.sources)) return { type: 'same' };
  const source = singleSource(past.document.sources);
  if (source === undefined) {
    return { type: 'by-hand', why: `its document in ${file} had more than one source at that time` };
  }
  if (past.count > 1 || now.count > 1) {
    const why = `its document says another source than at that time, and ${file} holds other documents as well`;
    return { type: 'by-hand', source, why };
  }
  if (!equal(apartFromSource(past.values), apartFromSource(now.values))) {
    const why = `its document in ${file} says another source than at that time, and differs in other fields as well`;
    return { type: 'by-hand', source, why };
  }
  return { type: 'restorable', source, content: past.content };
}

interface ReadDocument {
  readonly document: ApplicationDocument;
  readonly content: Uint8Array;
  /** Documents in the file, those of other groups too. */
  readonly count: number;
  /** The first of them as it is written: what it says beyond what is read of an Application counts as well. */
  readonly values: JsonObject;
}

async function readDocument(
  fleet: FleetConfig,
  application: string,
  file: string,
  { tree, read }: SourceTree,
): Promise<ReadDocument | undefined> {
  const oid = tree.get(file)?.oid;
  const content = oid === undefined ? undefined : (await read([oid])).get(oid);
  if (content === undefined) return undefined;
  const protectedPath = repositoryPath(protectedPrefix(fleet)) ?? '';
  const text = new TextDecoder().decode(content);
  const { documents } = parseFile(file, '', text, protectedPath);
  const yaml = readYaml(file, text);
  if (yaml.type === 'problems') return undefined;
  const count = yaml.documents.length + yaml.others.length;
  const values = yaml.documents[0]?.values ?? {};
  for (const document of documents) {
    if (document.kind !== 'Application') continue;
    if (`${document.namespace}/${document.name}` === application) return { document, content, count, values };
  }
  return undefined;
}

function apartFromSource(values: JsonObject): Json {
  const { spec, ...rest } = values;
  if (!isJsonObject(spec)) return values;
  const { source: _source, sources: _sources, ...others } = spec;
  return { ...rest, spec: others };
}

function equal(left: unknown, right: unknown): boolean {
  return canonicalJson(left as Json) === canonicalJson(right as Json);
}
