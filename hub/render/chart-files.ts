import type { Problem } from '../../core/problem.ts';
import type { Closure } from './closure.ts';
import { readArchive } from './read-archive.ts';
import { foreignReferences } from './schema-references.ts';
import { decodeText, type SourceFiles } from './source-files.ts';
import { isWithin, nameOf } from './source-paths.ts';

/** Adds all that Helm reads of a chart's folder. What it could read beside that is a problem; `schemas`: whether it reads them. */
export async function addChart(
  files: SourceFiles,
  path: string,
  closure: Closure,
  schemas: 'read' | 'unread' = 'read',
): Promise<readonly Problem[]> {
  closure.add(path);
  const problems = await addLinks(files, path, closure);
  return problems.length > 0 || schemas === 'unread' ? problems : checkSchemas(files, path);
}

const schemaName = 'values.schema.json';

/** Helm reads what a schema refers to from anywhere, files of the hub's host too. */
async function checkSchemas(files: SourceFiles, path: string): Promise<readonly Problem[]> {
  const paths = [...files.walk(path)].map(([file]) => file);
  const wanted = paths.filter((file) => nameOf(file) === schemaName || file.endsWith('.tgz'));
  const problems: Problem[] = [];
  for (const [file, content] of await files.read(wanted)) {
    for (const reason of await schemaReasons(file, content)) {
      problems.push({
        code: 'foreign-schema',
        message: reason,
        location: { file },
        remedy: `Copy the schema that it refers to into ${schemaName}, below $defs, and refer to it there`,
      });
    }
  }
  return problems;
}

async function schemaReasons(file: string, content: Uint8Array): Promise<readonly string[]> {
  if (file.endsWith('.tgz')) return packedReasons(content, 0);
  const references = foreignReferences(decodeText(content) ?? '');
  return references?.map(fetched) ?? ['this schema is not JSON'];
}

function fetched(reference: string): string {
  return `a schema refers to ${reference}, which is fetched from elsewhere`;
}

const maxPacked = 5;

/** Names in an archive may stand elsewhere than in its headers, so that every content counts that is a schema. */
async function packedReasons(content: Uint8Array, depth: number): Promise<readonly string[]> {
  try {
    const reasons: string[] = [];
    for (const [, inner] of await readArchive(content)) {
      const isPacked = inner[0] === 0x1f && inner[1] === 0x8b;
      if (isPacked && depth < maxPacked) reasons.push(...(await packedReasons(inner, depth + 1)));
      else if (isPacked) reasons.push('charts are packed into each other too deeply');
      else if (/^\s*\{/u.test(inner.toString('utf8', 0, 64))) {
        reasons.push(...(foreignReferences(inner.toString()) ?? []).map(fetched));
      }
    }
    return reasons;
  } catch (error) {
    return [
      `this packed chart can't be looked into: ${error instanceof Error ? error.message : String(error)}`,
    ];
  }
}

/** Links in a chart and in the folders that they lead to: Helm follows them, so what they lead to is read too. */
async function addLinks(files: SourceFiles, path: string, closure: Closure): Promise<Problem[]> {
  const problems: Problem[] = [];
  const folders = new Set([path]);
  // What is added on the way is visited as well.
  for (const folder of folders) {
    for (const [file, { type }] of files.walk(folder)) {
      if (type !== 'symlink') continue;
      const problem = await addLink(files, file, folders, closure);
      if (problem !== undefined) problems.push(problem);
    }
  }
  return problems;
}

async function addLink(
  files: SourceFiles,
  file: string,
  folders: Set<string>,
  closure: Closure,
): Promise<Problem | undefined> {
  const found = await files.find(file);
  const unreachable = (message: string, remedy: string): Problem => ({
    code: 'unreachable-file',
    message,
    location: { file },
    remedy,
  });
  const inside = 'Let links point to files of the same repository';
  if (found.type === 'missing') return unreachable('the link points to nothing', inside);
  if (found.type === 'unreachable') return unreachable(found.reason, inside);
  if (isWithin(found.path, file)) return unreachable('the link contains itself', 'Remove it');
  for (const link of found.links) closure.add(link);
  closure.add(found.path);
  if (found.type === 'folder') folders.add(found.path);
  return undefined;
}
