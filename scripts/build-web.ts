/** Builds the web UI to dist/web, unless what it is made of is as it was. `make web`. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { run } from './run.ts';
import { webStamp } from './web-stamp.ts';

const FOLDER = 'dist/web';
const STAMP = join(FOLDER, 'stamp.txt');
/** What browsers take compressed; pictures are small. */
const COMPRESSED = /\.(?:js|css|html|svg)$/;

process.chdir(join(import.meta.dirname, '..'));
const stamp = webStamp('.');
const built = existsSync(STAMP) ? readFileSync(STAMP, 'utf8') : '';
if (built === stamp) {
  console.log(`${FOLDER}/ is up to date`);
} else {
  const { code } = await run(
    ['vite', 'build', 'web', '--config', 'web/vite.config.ts', '--logLevel', 'warn'],
    {
      output: 'show',
    },
  );
  if (code === 0) {
    await compressFiles(FOLDER);
    writeFileSync(STAMP, stamp);
    console.log(`${FOLDER}/ is built`);
  }
  process.exitCode = code;
}

/** Once at build time, as small as can be, so that no hub compresses a file again. */
async function compressFiles(folder: string): Promise<void> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => COMPRESSED.test(name)).map((name) => join(folder, name));
  await Promise.all(
    files.map(async (file) => {
      const content = readFileSync(file);
      const size = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
      writeFileSync(`${file}.br`, await promisify(brotliCompress)(content, { params: size }));
      writeFileSync(`${file}.gz`, await promisify(gzip)(content, { level: 9 }));
    }),
  );
}
