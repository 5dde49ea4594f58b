import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generateApi } from '../../scripts/api.ts';
import { withTemporaryFolder } from '../../scripts/generated.ts';

const DOCUMENT = {
  openapi: '3.1.0',
  info: { title: 'a', version: '1' },
  paths: {
    '/api/v1/apps': {
      get: {
        responses: {
          200: {
            description: 'ok',
            content: {
              'application/json': {
                schema: {
                  type: 'object',
                  required: ['mode'],
                  properties: { mode: { anyOf: [{ const: 'sync' }, { const: 'heal' }] } },
                },
              },
            },
          },
        },
      },
    },
  },
};

test('the API’s document becomes types', async () => {
  await withTemporaryFolder(async (folder) => {
    const program = join(folder, 'document.ts');
    await writeFile(program, `console.log(${JSON.stringify(JSON.stringify(DOCUMENT))});\n`);
    await generateApi(folder, program);
    expect(JSON.parse(await readFile(join(folder, 'openapi.json'), 'utf8'))).toEqual(DOCUMENT);
    const types = await readFile(join(folder, 'schema.ts'), 'utf8');
    expect(types).toContain('"/api/v1/apps"');
    expect(types).toContain('mode: "sync" | "heal"');
  });
});
