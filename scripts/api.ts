import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runOrThrow } from './run.ts';

/** Prints the OpenAPI document of the hub's HTTP API. */
const API_DOCUMENT = 'hub/api/openapi-document.ts';
export const API_CLIENT = 'client';
export const API_FILES = ['openapi.json', 'schema.ts'];

/** Why there is nothing to generate from; `undefined` where there is. */
export function apiMissing(): string | undefined {
  return existsSync(API_DOCUMENT) ? undefined : `there is no ${API_DOCUMENT}`;
}

/** Writes the API’s document, which a program prints, and its types to a folder. */
export async function generateApi(folder: string, program = API_DOCUMENT): Promise<void> {
  const document = JSON.parse(await runOrThrow(['node', program]));
  const path = join(folder, 'openapi.json');
  await mkdir(folder, { recursive: true });
  await writeFile(path, `${JSON.stringify(document, null, 2)}\n`);
  await runOrThrow(['openapi-typescript', path, '--output', join(folder, 'schema.ts')]);
}
